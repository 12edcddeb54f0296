import type { Clock, Timer } from "@heliograph/kernel";
import type { WrittenChunk } from "./chunk-writer.js";

/** How long a response may take, from the last octet on. @spec rfc4975#7.1.1 @spec MS-09 */
export const responseTimeoutMs = 30_000;

interface Open {
  readonly chunk: WrittenChunk;
  readonly dueMs: number;
}

/**
 * The SENDs of one connection that wait for a response. Nothing waits for them: any number may be open. One that gets
 * none is told of as if a 408 had come.
 *
 * @spec rfc4975#7.1.1
 * @spec rfc4975#10.4
 * @spec MS-09
 */
export class OpenTransactions {
  readonly #clock: Clock;
  readonly #onTimeout: (chunk: WrittenChunk) => void;
  /** In the order in which they are due. */
  readonly #open = new Map<string, Open>();
  #timer: Timer | undefined;

  constructor(clock: Clock, onTimeout: (chunk: WrittenChunk) => void) {
    this.#clock = clock;
    this.#onTimeout = onTimeout;
  }

  /** How many are open. */
  get size(): number {
    return this.#open.size;
  }

  /** A chunk was written. Only Failure-Report `yes` waits; errors of `partial` are told while it is remembered. */
  add(chunk: WrittenChunk): void {
    if (chunk.message.failureReport === "no") return;
    this.#open.set(chunk.tid, { chunk, dueMs: this.#clock.monotonicMs() + responseTimeoutMs });
    this.#arm();
  }

  /** A response came; undefined is one to nothing that is open. */
  answer(tid: string): WrittenChunk | undefined {
    const open = this.#open.get(tid);
    this.#open.delete(tid);
    return open?.chunk;
  }

  /** The connection is gone: what was not answered. @spec MS-47 */
  close(): readonly WrittenChunk[] {
    this.#timer?.cancel();
    const left = [...this.#open.values()].map(({ chunk }) => chunk);
    this.#open.clear();
    return left;
  }

  #arm(): void {
    const [oldest] = this.#open.values();
    if (this.#timer || !oldest) return;
    this.#timer = this.#clock.after(Math.max(0, oldest.dueMs - this.#clock.monotonicMs()), () =>
      this.#expire(),
    );
  }

  #expire(): void {
    this.#timer = undefined;
    const nowMs = this.#clock.monotonicMs();
    const late: WrittenChunk[] = [];
    for (const [tid, { chunk, dueMs }] of this.#open) {
      if (dueMs > nowMs) break;
      this.#open.delete(tid);
      if (chunk.message.failureReport !== "partial") late.push(chunk);
    }
    this.#arm();
    for (const chunk of late) this.#onTimeout(chunk);
  }
}
