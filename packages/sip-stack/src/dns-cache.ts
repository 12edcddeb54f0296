import type { Clock } from "@heliograph/kernel";
import type { DnsAnswer, DnsQuestion } from "@heliograph/sip";
import { type DnsQuestions, noRecords } from "./dns-questions.js";

const maxEntries = 10_000;
const longestS = 3_600;
const shortestS = 1;
/** A name server that is down is not asked for every message. */
const failureS = 5;

interface Entry {
  readonly answer: Promise<DnsAnswer>;
  untilMs: number;
}

/** Asks each question once while its answer holds, and waits no longer than it may; silence is no records. */
export class DnsCache {
  readonly #dns: DnsQuestions;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #entries = new Map<string, Entry>();

  constructor(dns: DnsQuestions, clock: Clock, timeoutMs: number) {
    this.#dns = dns;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  ask(question: DnsQuestion): Promise<DnsAnswer> {
    const key = `${question.kind} ${question.name.toLowerCase()}`;
    const known = this.#entries.get(key);
    if (known && known.untilMs > this.#clock.monotonicMs()) return known.answer;
    this.#entries.delete(key);
    if (this.#entries.size >= maxEntries) this.#dropOldest();
    const entry: Entry = {
      answer: this.#answerTo(question, (ttlS) => this.#keep(entry, ttlS)),
      untilMs: Infinity,
    };
    this.#entries.set(key, entry);
    return entry.answer;
  }

  #keep(entry: Entry, ttlS: number): void {
    entry.untilMs = this.#clock.monotonicMs() + Math.min(longestS, Math.max(shortestS, ttlS)) * 1_000;
  }

  #answerTo(question: DnsQuestion, keep: (ttlS: number) => void): Promise<DnsAnswer> {
    return new Promise((resolve) => {
      const giveUp = () => {
        timer.cancel();
        keep(failureS);
        resolve(noRecords(question));
      };
      const timer = this.#clock.after(this.#timeoutMs, giveUp);
      this.#dns.ask(question).then(({ answer, ttlS }) => {
        timer.cancel();
        keep(ttlS);
        resolve(answer);
      }, giveUp);
    });
  }

  #dropOldest(): void {
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      return;
    }
  }
}
