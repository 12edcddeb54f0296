import type { Clock, Timer } from "./clock.js";

const tickMs = 10;
const slotCount = 1024;
const longestSleepTicks = 100;

/**
 * The real clock. Timers stand in a hashed wheel with a 10 ms tick, so that arming and cancelling one
 * costs the same with ten timers as with half a million.
 *
 * A timer never fires early and at most one tick plus the event loop's delay late; delays do not add up,
 * because every tick has its fixed moment. A `run` that throws disturbs no other timer: its error surfaces as
 * an uncaught one. While nothing is near, the wheel sleeps.
 */
export class TimerWheel implements Clock {
  readonly #slots: Entry[] = Array.from({ length: slotCount }, () => new Entry());
  readonly #originMs = performance.now();
  #armed = 0;
  #doneTick = 0;
  #wakeTick = 0;
  #sleeping: ReturnType<typeof setTimeout> | undefined;
  readonly #left = (): void => {
    this.#armed -= 1;
  };

  nowMs(): number {
    return Date.now();
  }

  monotonicMs(): number {
    return performance.now();
  }

  after(ms: number, run: () => void): Timer {
    const sinceOriginMs = performance.now() - this.#originMs;
    if (this.#armed === 0) this.#doneTick = Math.floor(sinceOriginMs / tickMs);
    this.#armed += 1;
    const dueTick = Math.max(this.#doneTick + 1, Math.ceil((sinceOriginMs + ms) / tickMs));
    const entry = new Entry(dueTick, run, this.#left);
    entry.stand(this.#slots[dueTick % slotCount]);
    if (this.#sleeping === undefined || dueTick < this.#wakeTick) this.#sleepUntil(dueTick, sinceOriginMs);
    return entry;
  }

  #sleepUntil(tick: number, sinceOriginMs: number): void {
    clearTimeout(this.#sleeping);
    this.#wakeTick = Math.min(tick, this.#doneTick + longestSleepTicks);
    this.#sleeping = setTimeout(
      () => this.#wake(),
      Math.max(1, Math.ceil(this.#wakeTick * tickMs - sinceOriginMs)),
    );
  }

  #wake(): void {
    const nowTick = Math.floor((performance.now() - this.#originMs) / tickMs);
    while (this.#doneTick < nowTick) {
      this.#doneTick += 1;
      this.#slots[this.#doneTick % slotCount]?.expire(this.#doneTick);
    }
    clearTimeout(this.#sleeping);
    this.#sleeping = undefined;
    if (this.#armed > 0) this.#sleepUntil(this.#nextTick(), performance.now() - this.#originMs);
  }

  /** The next tick whose slot is not empty, or where to look again. */
  #nextTick(): number {
    const furthest = this.#doneTick + longestSleepTicks;
    for (let tick = this.#doneTick + 1; tick < furthest; tick += 1) {
      if (!this.#slots[tick % slotCount]?.isAlone) return tick;
    }
    return furthest;
  }
}

/** A timer in its slot's ring; a slot is an entry that never expires. */
class Entry implements Timer {
  #previous: Entry = this;
  #next: Entry = this;

  constructor(
    readonly dueTick = Number.POSITIVE_INFINITY,
    readonly run: () => void = () => undefined,
    readonly left: () => void = () => undefined,
  ) {}

  get isAlone(): boolean {
    return this.#next === this;
  }

  stand(slot: Entry | undefined): void {
    if (slot === undefined) return;
    this.#previous = slot.#previous;
    this.#next = slot;
    slot.#previous.#next = this;
    slot.#previous = this;
  }

  cancel(): void {
    if (this.isAlone) return;
    this.#previous.#next = this.#next;
    this.#next.#previous = this.#previous;
    this.#previous = this;
    this.#next = this;
    this.left();
  }

  /** Of a slot: fires what is due. What a firing timer cancels does not fire, what it arms waits its turn. */
  expire(tick: number): void {
    const due: Entry[] = [];
    for (let entry = this.#next; entry !== this; entry = entry.#next) {
      if (entry.dueTick <= tick) due.push(entry);
    }
    for (const entry of due) if (!entry.isAlone) entry.#fire();
  }

  #fire(): void {
    this.cancel();
    try {
      this.run();
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}
