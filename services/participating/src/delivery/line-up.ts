import type { Clock } from "@heliograph/kernel";
import type { Reachability, Registrations } from "../ports.js";

interface Deps {
  readonly registrations: Pick<Registrations, "reachabilityOf">;
  readonly clock: Pick<Clock, "after" | "monotonicMs">;
  /** How long the first of a line waits. */
  readonly patienceMs: number;
}

interface Line {
  readonly waiting: ((reachability: Reachability | undefined) => void)[];
  readonly untilMs: number;
}

const lookEveryMs = 50;
const maxWaiting = 20_000;
const maxRemembered = 100_000;

/**
 * Lets new messages stand in line while older ones are being pushed from the store: what joined the queue instead would
 * keep it from ever becoming empty, at many times the cost. The line goes on as it came, to the devices once the queue
 * is empty, into the store when that takes too long. A queue that has not moved out of the way is not waited for again
 * for as long as the wait was.
 *
 * @spec DF-40 @spec R-participating-12
 */
export class LineUp {
  readonly #lines = new Map<string, Line>();
  readonly #slow = new Map<string, number>();
  #waiting = 0;

  constructor(private readonly deps: Deps) {}

  /** Whether somebody stands in line for this user: whoever comes now comes after them. */
  isForming(recipient: string): boolean {
    return this.#lines.has(recipient);
  }

  /** Where the user can be reached once the queue is empty; undefined when it takes too long. */
  join(recipient: string): Promise<Reachability | undefined> {
    if (this.#waiting >= maxWaiting || this.#isSlow(recipient)) return Promise.resolve(undefined);
    const line = this.#lines.get(recipient) ?? this.#open(recipient);
    this.#waiting += 1;
    return new Promise((resolve) => line.waiting.push(resolve));
  }

  #open(recipient: string): Line {
    const { clock, patienceMs } = this.deps;
    const line: Line = { waiting: [], untilMs: clock.monotonicMs() + patienceMs };
    this.#lines.set(recipient, line);
    this.#lookLater(recipient, line);
    return line;
  }

  #lookLater(recipient: string, line: Line): void {
    const { clock, registrations } = this.deps;
    clock.after(lookEveryMs, () => {
      registrations.reachabilityOf(recipient).then(
        (reachability) => this.#look(recipient, line, reachability),
        () => this.#close(recipient, line, undefined),
      );
    });
  }

  #look(recipient: string, line: Line, reachability: Reachability): void {
    if (!reachability.isQueued) return this.#close(recipient, line, reachability);
    if (this.deps.clock.monotonicMs() < line.untilMs && reachability.bindings.length > 0) {
      return this.#lookLater(recipient, line);
    }
    this.#remember(recipient);
    this.#close(recipient, line, undefined);
  }

  #close(recipient: string, line: Line, reachability: Reachability | undefined): void {
    this.#lines.delete(recipient);
    this.#waiting -= line.waiting.length;
    for (const goOn of line.waiting) goOn(reachability);
  }

  #remember(recipient: string): void {
    const { clock, patienceMs } = this.deps;
    const [oldest] = this.#slow.keys();
    if (this.#slow.size >= maxRemembered && oldest !== undefined) this.#slow.delete(oldest);
    this.#slow.set(recipient, clock.monotonicMs() + patienceMs);
  }

  #isSlow(recipient: string): boolean {
    const untilMs = this.#slow.get(recipient);
    if (untilMs === undefined) return false;
    if (this.deps.clock.monotonicMs() < untilMs) return true;
    this.#slow.delete(recipient);
    return false;
  }
}
