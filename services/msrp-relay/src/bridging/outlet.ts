import { interruptibleBytes } from "@heliograph/msrp";
import type { Clock, Timer } from "@heliograph/kernel";
import type { MsrpConnection } from "@heliograph/msrp-stack";

/** A chunk that is being written as it comes in. */
export interface RunningChunk {
  /** What ends it here, with more to come; it will begin another. @spec MS-50 */
  interrupt(): Uint8Array;
}

/** Who reads on when a full outlet has emptied. */
export interface Reader {
  pause(): void;
  resume(): void;
}

/** How long what is whole waits for a short chunk whose source has fallen silent. */
const patienceMs = 10;

/**
 * What goes out on one connection. A running chunk is interrupted for whatever is whole, as soon as it has 2048 octets,
 * so that nothing waits behind a file; nothing is queued but by the connection itself, and who filled it is paused
 * until it has emptied.
 *
 * @spec rfc4975#7.1.1
 * @spec MS-07
 * @spec MS-50
 */
export class Outlet {
  /** Whether this connection takes whole chunks alone. @spec rfc7977#5.1 @spec MS-22 */
  readonly needsWholeChunks: boolean;
  #running: RunningChunk | undefined;
  #inChunk = 0;
  #waiting: Uint8Array[] | undefined;
  #isFull = false;
  #isClosed = false;
  #paused: Set<Reader> | undefined;
  #timer: Timer | undefined;
  readonly #connection: MsrpConnection;
  readonly #clock: Clock;

  constructor(connection: MsrpConnection, clock: Clock) {
    this.#connection = connection;
    this.#clock = clock;
    this.needsWholeChunks = connection.needsWholeChunks;
    connection.onDrained(() => this.#onDrained());
  }

  /** A whole request or response. */
  writeWhole(octets: Uint8Array): void {
    if (this.#running === undefined) return this.#write(octets);
    if (this.#inChunk >= interruptibleBytes) {
      this.#interrupt();
      return this.#write(octets);
    }
    this.#waiting ??= [];
    this.#waiting.push(octets);
    this.#timer ??= this.#clock.after(patienceMs, () => this.#interrupt());
  }

  /** Whether a chunk can begin here that is written as it comes in. */
  get isFree(): boolean {
    return this.#running === undefined || this.#inChunk >= interruptibleBytes;
  }

  /** A chunk begins; another that is running is interrupted. */
  begin(chunk: RunningChunk, head: Uint8Array): void {
    if (this.#running !== undefined) this.#interrupt();
    this.#running = chunk;
    this.#inChunk = 0;
    this.#write(head);
  }

  /** Whether this chunk is the running one. */
  runs(chunk: RunningChunk): boolean {
    return this.#running === chunk;
  }

  /** Octets of the running chunk. */
  goOn(octets: Uint8Array): void {
    this.#inChunk += octets.length;
    this.#write(octets);
    if (this.#waiting !== undefined && this.#inChunk >= interruptibleBytes) this.#interrupt();
  }

  /** The running chunk ends. */
  finish(endLine: Uint8Array): void {
    this.#running = undefined;
    this.#write(endLine);
    this.#flushWaiting();
  }

  /** Pauses who writes here until there is room; nothing where there is. */
  holdBack(reader: Reader): void {
    if (!this.#isFull || this.#paused?.has(reader)) return;
    this.#paused ??= new Set();
    this.#paused.add(reader);
    reader.pause();
  }

  /** The connection is gone: nobody waits for it. */
  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#waiting = undefined;
    this.#running = undefined;
    this.#onDrained();
  }

  #write(octets: Uint8Array): void {
    if (!this.#isClosed && !this.#connection.write(octets)) this.#isFull = true;
  }

  #interrupt(): void {
    const running = this.#running;
    this.#running = undefined;
    if (running !== undefined) this.#write(running.interrupt());
    this.#flushWaiting();
  }

  #flushWaiting(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    this.#waiting = undefined;
    for (const octets of waiting) this.#write(octets);
  }

  #onDrained(): void {
    this.#isFull = false;
    const paused = this.#paused;
    this.#paused = undefined;
    if (paused !== undefined) for (const reader of paused) reader.resume();
  }
}
