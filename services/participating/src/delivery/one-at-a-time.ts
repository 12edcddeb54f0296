import { PassingMap } from "@heliograph/kernel";

/**
 * Runs work for one target after the other, different targets at once: what we send of our own accord never has two
 * requests open to one address.
 *
 * @spec PF-56 @spec DF-46 @spec rfc3428#8
 */
export class OneAtATime {
  readonly #last = new PassingMap<Promise<unknown>>();

  run<T>(target: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(target) ?? Promise.resolve();
    const run = before.then(work, work);
    this.#last.set(target, run);
    const forget = () => {
      if (this.#last.get(target) === run) this.#last.delete(target);
    };
    run.then(forget, forget);
    return run;
  }
}
