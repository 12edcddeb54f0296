import { PassingMap } from "@heliograph/kernel";

/** Counts what is under way for each user, so that nobody holds more than a share of us. @spec PF-12 @spec R-participating-9 */
export class PendingLimits {
  readonly #pending = new PassingMap<number>();
  constructor(private readonly limit: number) {}

  /** Counts one more, unless the limit is reached; whoever got `true` says `leave` later. */
  enter(user: string): boolean {
    const pending = this.#pending.get(user) ?? 0;
    if (pending >= this.limit) return false;
    this.#pending.set(user, pending + 1);
    return true;
  }

  leave(user: string): void {
    const pending = this.#pending.get(user) ?? 0;
    if (pending <= 1) this.#pending.delete(user);
    else this.#pending.set(user, pending - 1);
  }
}
