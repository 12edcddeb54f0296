import type { ContinuationFlag, RequestHead } from "@heliograph/msrp";
import type { Line } from "./line.js";
import { nobody, type RequestTaker } from "./request-taker.js";

/** What one end may make us hold before its sender is paused. */
const mostHeldBytes = 65_536;
const mostHeld = 64;

/**
 * Requests that came before they can be taken: for an end that is not bound yet, or of one that has not answered yet.
 * They keep their order. A little is held in memory, so that a shared connection goes on; then its reader is paused.
 */
export class HeldRequests {
  #held: HeldRequest[] = [];
  #bytes = 0;

  /** Whether nothing is held. */
  get isEmpty(): boolean {
    return this.#held.length === 0;
  }

  /** Holds a request, what has come of it and what will. */
  add(line: Line, head: RequestHead): RequestTaker {
    const request = new HeldRequest(line, head, (bytes) => this.#grow(bytes));
    this.#held.push(request);
    if (this.#held.length > mostHeld) this.#pauseAll();
    return request;
  }

  /** Lets each go where the door leads it now. */
  release(): void {
    const held = this.#takeAll();
    for (const request of held) request.goOn();
  }

  /** Answers each with this status. */
  refuse(status: number): void {
    const held = this.#takeAll();
    for (const request of held) request.refuse(status);
  }

  #takeAll(): readonly HeldRequest[] {
    const held = this.#held;
    this.#held = [];
    this.#bytes = 0;
    return held;
  }

  #grow(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > mostHeldBytes) this.#pauseAll();
  }

  #pauseAll(): void {
    for (const request of this.#held) request.pause();
  }
}

class HeldRequest implements RequestTaker {
  readonly #line: Line;
  readonly #head: RequestHead;
  readonly #grow: (bytes: number) => void;
  readonly #pieces: Uint8Array[] = [];
  #flag: ContinuationFlag | undefined;
  #isBroken = false;
  #isPaused = false;

  constructor(line: Line, head: RequestHead, grow: (bytes: number) => void) {
    this.#line = line;
    this.#head = head;
    this.#grow = grow;
  }

  onBody(octets: Uint8Array): void {
    this.#pieces.push(octets.slice());
    this.#grow(octets.length);
  }

  onEnd(flag: ContinuationFlag): void {
    this.#flag = flag;
  }

  onBroken(): void {
    this.#isBroken = true;
  }

  pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#line.pause();
  }

  goOn(): void {
    this.#resume();
    if (this.#isBroken) return;
    const taker = this.#line.admit(this.#head);
    for (const piece of this.#pieces) taker.onBody(piece);
    if (this.#flag === undefined) this.#line.handOver(this, taker);
    else taker.onEnd(this.#flag);
  }

  refuse(status: number): void {
    this.#resume();
    if (this.#isBroken) return;
    this.#line.refuse(this.#head, status, this.#head.toPath[0] ?? "");
    if (this.#flag === undefined) this.#line.handOver(this, nobody);
  }

  #resume(): void {
    if (this.#isPaused) this.#line.resume();
    this.#isPaused = false;
  }
}
