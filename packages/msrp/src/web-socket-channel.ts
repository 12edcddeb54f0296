import type { Clock } from "@heliograph/kernel";
import { ChunkParser, type ChunkSink } from "./chunk-parser.js";
import type { OctetChannel } from "./octet-channel.js";
import { encodeText } from "./octets.js";

/** What of the browser's `WebSocket` is used; one with the sub-protocol `msrp`, and open. @spec rfc7977#4.1 */
export interface OpenWebSocket {
  binaryType: string;
  readonly bufferedAmount: number;
  send(octets: Uint8Array): void;
  close(): void;
  addEventListener(type: "message", hear: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: "close", hear: () => void): void;
}

/** Octets that wait to leave when `write` begins to say false. */
const highWaterBytes = 262_144;
/** A page cannot have the far end stopped: octets that came while nobody reads, before the connection is given up. */
const maxHeldBytes = 64 << 20;
/** A page is not told when octets have left: how often it looks. */
const lookMs = 20;

/**
 * MSRP over a page's WebSocket, so that a browser has the same sessions as everybody.
 *
 * @spec rfc7977#4.2
 * @spec rfc7977#5.1
 * @spec MS-22
 */
export class WebSocketChannel implements OctetChannel {
  readonly needsWholeChunks = true;
  readonly #socket: OpenWebSocket;
  readonly #clock: Clock;
  #parser: ChunkParser | undefined;
  #isPaused = false;
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #isLooking = false;
  #hearDrained: () => void = () => undefined;
  #closeHearers: ((reason: string) => void)[] = [];
  #closedBecause: string | undefined;

  constructor(socket: OpenWebSocket, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
    socket.binaryType = "arraybuffer";
    socket.addEventListener("message", ({ data }) => this.#take(octetsOf(data)));
    socket.addEventListener("close", () => this.#closed("the peer closed the connection"));
  }

  start(sink: ChunkSink): void {
    this.#parser = new ChunkParser(sink);
    this.#readHeld();
  }

  write(octets: Uint8Array): boolean {
    if (this.#closedBecause !== undefined) return false;
    this.#socket.send(octets);
    if (this.#socket.bufferedAmount < highWaterBytes) return true;
    this.#lookLater();
    return false;
  }

  onDrained(hear: () => void): void {
    this.#hearDrained = hear;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#readHeld();
  }

  onClosed(hear: (reason: string) => void): void {
    if (this.#closedBecause === undefined) this.#closeHearers.push(hear);
    else hear(this.#closedBecause);
  }

  close(): void {
    this.#socket.close();
  }

  destroy(reason: string): void {
    this.#socket.close();
    this.#closed(reason);
  }

  #take(octets: Uint8Array): void {
    if (this.#closedBecause !== undefined) return;
    this.#held.push(octets);
    this.#heldBytes += octets.length;
    this.#readHeld();
    if (this.#heldBytes > maxHeldBytes) this.destroy("more came than could be taken");
  }

  #readHeld(): void {
    const parser = this.#parser;
    if (!parser) return;
    while (!this.#isPaused) {
      const octets = this.#held.shift();
      if (!octets) return;
      this.#heldBytes -= octets.length;
      parser.push(octets);
      if (parser.isBroken) return this.close();
    }
  }

  #lookLater(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    this.#clock.after(lookMs, () => {
      this.#isLooking = false;
      if (this.#closedBecause !== undefined) return;
      if (this.#socket.bufferedAmount < highWaterBytes) this.#hearDrained();
      else this.#lookLater();
    });
  }

  #closed(reason: string): void {
    if (this.#closedBecause !== undefined) return;
    this.#closedBecause = reason;
    this.#held = [];
    const hearers = this.#closeHearers;
    this.#closeHearers = [];
    for (const hear of hearers) hear(reason);
  }
}

/** What a text frame has in it is octets, too. @spec rfc7977#4.2 */
function octetsOf(data: unknown): Uint8Array {
  if (typeof data === "string") return encodeText(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : new Uint8Array(0);
}
