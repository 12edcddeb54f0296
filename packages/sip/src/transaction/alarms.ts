import type { Clock, Timer } from "@heliograph/kernel";

/** What can wait for one alarm at a time. Its place in the line is part of it, so that waiting allocates nothing. */
export abstract class Alarmed {
  /** For {@link Alarms} alone. */
  previous: Alarmed | undefined = undefined;
  /** For {@link Alarms} alone. */
  next: Alarmed | undefined = undefined;
  /** For {@link Alarms} alone: in milliseconds, modulo 2^32, so that it stays a small integer. */
  dueMs = 0;

  abstract onAlarm(): void;
}

/**
 * The alarms of all transactions. SIP waits for few different times, so those who wait equally long stand in one
 * line, in the order in which they came: joining and leaving is a matter of two links, and a line needs one timer
 * of the clock, for its first. A hundred thousand transactions in Completed cost no more than that.
 */
export class Alarms {
  readonly #clock: Clock;
  readonly #lines = new Map<number, Line>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Wakes `subject` in `ms` milliseconds, and not at the time that was set before. */
  arm(subject: Alarmed, ms: number): void {
    leave(subject);
    let line = this.#lines.get(ms);
    if (line === undefined) {
      line = new Line(this.#clock, ms);
      this.#lines.set(ms, line);
    }
    line.join(subject);
  }

  disarm(subject: Alarmed): void {
    leave(subject);
  }

  /** Forgets everybody. */
  close(): void {
    for (const line of this.#lines.values()) line.close();
    this.#lines.clear();
  }
}

/** Those who wait equally long. It is the end of its own ring. */
class Line extends Alarmed {
  readonly #clock: Clock;
  readonly #waitMs: number;
  #timer: Timer | undefined;

  constructor(clock: Clock, waitMs: number) {
    super();
    this.#clock = clock;
    this.#waitMs = waitMs;
    this.previous = this;
    this.next = this;
  }

  join(subject: Alarmed): void {
    const last = this.previous ?? this;
    subject.dueMs = (Math.ceil(this.#clock.monotonicMs()) + this.#waitMs) | 0;
    subject.previous = last;
    subject.next = this;
    last.next = subject;
    this.previous = subject;
    this.#timer ??= this.#clock.after(this.#waitMs, () => this.onAlarm());
  }

  onAlarm(): void {
    this.#timer = undefined;
    const nowMs = Math.floor(this.#clock.monotonicMs()) | 0;
    try {
      for (let first = this.#first(); first && leftMs(first, nowMs) <= 0; first = this.#first()) {
        leave(first);
        first.onAlarm();
      }
    } finally {
      const first = this.#first();
      if (first) this.#timer ??= this.#clock.after(Math.max(0, leftMs(first, nowMs)), () => this.onAlarm());
    }
  }

  close(): void {
    this.#timer?.cancel();
    for (let first = this.#first(); first; first = this.#first()) leave(first);
  }

  #first(): Alarmed | undefined {
    return this.next === this ? undefined : this.next;
  }
}

function leftMs(subject: Alarmed, nowMs: number): number {
  return (subject.dueMs - nowMs) | 0;
}

function leave(subject: Alarmed): void {
  const { previous, next } = subject;
  if (previous === undefined || next === undefined) return;
  previous.next = next;
  next.previous = previous;
  subject.previous = undefined;
  subject.next = undefined;
}
