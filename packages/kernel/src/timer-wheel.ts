import type { Clock, Timer } from "./clock.js";

const tickMs = 10;
const slotCount = 1024;

interface Entry extends Timer {
  rounds: number;
  previous: Entry;
  next: Entry;
  run: () => void;
}

/**
 * The real clock. Timers stand in a hashed wheel with a 10 ms tick, so that arming and cancelling one
 * costs the same with ten timers as with half a million: a SIP transaction over UDP keeps one for 32 s.
 * A timer never fires early and at most one tick plus the event loop's delay late.
 */
export class TimerWheel implements Clock {
  readonly #slots: Entry[] = Array.from({ length: slotCount }, () => ring());
  #cursor = 0;
  #cursorMs = performance.now();
  #armed = 0;
  #ticking: NodeJS.Timeout | undefined;

  nowMs(): number {
    return Date.now();
  }

  after(ms: number, run: () => void): Timer {
    if (this.#armed === 0) this.#cursorMs = performance.now();
    this.#armed += 1;
    const ticks = Math.max(1, Math.ceil((performance.now() + ms - this.#cursorMs) / tickMs));
    const slot = this.#slots[(this.#cursor + ticks) % slotCount] as Entry;
    const entry = ring();
    entry.rounds = Math.floor((ticks - 1) / slotCount);
    entry.run = run;
    entry.cancel = () => this.#drop(entry);
    insertBefore(entry, slot);
    this.#ticking ??= setTimeout(() => this.#tick(), tickMs);
    return entry;
  }

  #tick(): void {
    this.#ticking = undefined;
    const now = performance.now();
    while (this.#cursorMs + tickMs <= now) {
      this.#cursorMs += tickMs;
      this.#cursor = (this.#cursor + 1) % slotCount;
      this.#expire(this.#slots[this.#cursor] as Entry);
    }
    if (this.#armed > 0) this.#ticking ??= setTimeout(() => this.#tick(), tickMs);
  }

  #expire(slot: Entry): void {
    const due: Entry[] = [];
    for (let entry = slot.next; entry !== slot; entry = entry.next) {
      if (entry.rounds === 0) due.push(entry);
      else entry.rounds -= 1;
    }
    for (const entry of due) {
      if (entry.next === entry) continue;
      this.#drop(entry);
      entry.run();
    }
  }

  #drop(entry: Entry): void {
    if (entry.next === entry) return;
    entry.previous.next = entry.next;
    entry.next.previous = entry.previous;
    entry.next = entry;
    entry.previous = entry;
    this.#armed -= 1;
  }
}

function ring(): Entry {
  const entry = { rounds: 0, run: () => undefined, cancel: () => undefined } as unknown as Entry;
  entry.previous = entry;
  entry.next = entry;
  return entry;
}

function insertBefore(entry: Entry, slot: Entry): void {
  entry.previous = slot.previous;
  entry.next = slot;
  slot.previous.next = entry;
  slot.previous = entry;
}
