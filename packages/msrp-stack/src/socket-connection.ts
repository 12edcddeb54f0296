import type { Socket } from "node:net";
import type { Chance, Clock } from "@heliograph/kernel";
import { ChunkParser, type ChunkSink } from "@heliograph/msrp";
import { plainAddress } from "@heliograph/sockets";
import { certificateOf } from "./certificate.js";
import type { MsrpConnection, MsrpTransportName, PeerCertificate } from "./connection.js";
import type { ConnectionCounters } from "./connection-counters.js";
import type { ConnectionLimits } from "./connection-limits.js";

/** What every connection needs of its surroundings. */
export interface ConnectionParts {
  readonly counters: ConnectionCounters;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly limits: ConnectionLimits;
  readonly onException: (cause: unknown) => void;
}

/** How a connection came to be. */
export interface Origin {
  readonly transport: MsrpTransportName;
  readonly openedBy: "us" | "peer";
}

/** Why a connection is to be closed by now. */
export type Overdue = "no request" | "unfinished head" | "stalled" | "silent" | "lingering";

/**
 * What a connection is apart from how octets travel on it: its parser, who listens to it, its age and its ends.
 *
 * @spec rfc4975#5.4
 */
export abstract class SocketConnection implements MsrpConnection {
  readonly id: string;
  readonly transport: MsrpTransportName;
  readonly openedBy: "us" | "peer";
  readonly remoteAddress: string;
  readonly remotePort: number;
  abstract readonly needsWholeChunks: boolean;
  protected readonly socket: Socket;
  protected readonly parts: ConnectionParts;
  #parser: ChunkParser | undefined;
  #hearDrained: (() => void) | undefined;
  #closeHearers: ((reason: string) => void)[] | undefined;
  #closedBecause: string | undefined;
  #isClosing = false;
  #isFull = false;
  #isPaused = false;
  readonly #openedMs: number;
  /** Since when the parser waits for the end of the same head, as far as was seen. */
  #headSinceMs: number;
  #headsRead = 0;
  /** Octets that had left, and when that was seen. */
  #left = 0;
  #leftMs: number;

  protected constructor(socket: Socket, origin: Origin, parts: ConnectionParts) {
    this.socket = socket;
    this.parts = parts;
    this.transport = origin.transport;
    this.openedBy = origin.openedBy;
    this.id = `${origin.transport}-${parts.chance.token(9)}`;
    this.remoteAddress = plainAddress(socket.remoteAddress ?? "");
    this.remotePort = socket.remotePort ?? 0;
    this.#openedMs = parts.clock.monotonicMs();
    this.#headSinceMs = this.#openedMs;
    this.#leftMs = this.#openedMs;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, parts.limits.keepAliveMs);
    socket.on("drain", () => this.drained());
  }

  /** Asked for when it is wanted: most never are. Empty once the connection is closed. */
  get localAddress(): string {
    return plainAddress(this.socket.localAddress ?? "");
  }

  get localPort(): number {
    return this.socket.localPort ?? 0;
  }

  get peerCertificate(): PeerCertificate | undefined {
    return certificateOf(this.socket);
  }

  /** Whose certificate is asked about before the connection is shared. */
  get socketForProof(): Socket {
    return this.socket;
  }

  get isOpen(): boolean {
    return this.#closedBecause === undefined;
  }

  /** Whether somebody else may begin to use it. */
  get isUsable(): boolean {
    return this.isOpen && !this.#isClosing;
  }

  abstract get queuedBytes(): number;

  start(sink: ChunkSink): void {
    if (this.#parser) throw new Error("a connection is started once");
    this.#parser = new ChunkParser(sink, this.parts.limits);
    if (this.isOpen) this.startReading();
    if (this.#isPaused) this.setPaused(true);
  }

  write(octets: Uint8Array): boolean {
    if (!this.isOpen || this.#isClosing) return false;
    this.send(octets);
    const queued = this.queuedBytes;
    const { highWaterBytes, maxQueuedBytes } = this.parts.limits;
    if (queued < highWaterBytes) return true;
    if (queued > maxQueuedBytes) this.#cutOff();
    this.#isFull = true;
    return false;
  }

  abstract cork(): void;
  abstract uncork(): void;

  onDrained(hear: () => void): void {
    this.#hearDrained = hear;
  }

  pause(): void {
    this.#isPaused = true;
    if (this.#parser && this.isOpen) this.setPaused(true);
  }

  resume(): void {
    this.#isPaused = false;
    if (this.#parser && this.isOpen) this.setPaused(false);
  }

  onClosed(hear: (reason: string) => void): void {
    if (this.#closedBecause !== undefined) hear(this.#closedBecause);
    else if (this.#closeHearers) this.#closeHearers.push(hear);
    else this.#closeHearers = [hear];
  }

  close(): void {
    if (!this.isOpen || this.#isClosing) return;
    this.#isClosing = true;
    this.#leftMs = this.parts.clock.monotonicMs();
    this.setPaused(false);
    this.end();
  }

  destroy(reason: string): void {
    this.tearDown();
    this.closed(reason);
  }

  /** Why it should be closed by now, if it should. Asked about once a second. */
  overdue(nowMs: number): Overdue | undefined {
    return this.#senderOverdue(nowMs) ?? this.#readerOverdue(nowMs);
  }

  protected get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Octets came. */
  protected take(octets: Uint8Array): void {
    const parser = this.#parser;
    if (!parser || !this.isOpen || this.#isClosing) return;
    try {
      parser.push(octets);
    } catch (cause) {
      this.parts.counters.exceptions += 1;
      this.parts.onException(cause);
      this.destroy("this side failed");
      return;
    }
    if (!parser.isBroken) return;
    this.parts.counters.brokenClosed += 1;
    this.close();
  }

  /** The peer sends no more: what is queued may still leave. */
  protected peerEnded(): void {
    this.close();
  }

  /** All that waited has left. */
  protected drained(): void {
    if (!this.#isFull || this.queuedBytes >= this.parts.limits.highWaterBytes) return;
    this.#isFull = false;
    if (!this.#isClosing) this.#hearDrained?.();
  }

  /** The connection is gone, by whoever's hand. Said once. */
  protected closed(reason: string): void {
    if (!this.isOpen) return;
    this.#closedBecause = reason;
    const hearers = this.#closeHearers ?? [];
    this.#closeHearers = undefined;
    for (const hear of hearers) hear(reason);
  }

  /** @spec MS-17 */
  #senderOverdue(nowMs: number): "no request" | "unfinished head" | undefined {
    const { firstRequestMs, wholeHeadMs } = this.parts.limits;
    const parser = this.#parser;
    if (this.openedBy === "peer" && !parser?.hasReadRequest && nowMs - this.#openedMs > firstRequestMs)
      return "no request";
    if (!parser?.isInHead || this.#isPaused || parser.headsRead !== this.#headsRead)
      this.#headSinceMs = nowMs;
    this.#headsRead = parser?.headsRead ?? 0;
    return nowMs - this.#headSinceMs > wholeHeadMs ? "unfinished head" : undefined;
  }

  /** @spec MS-16 */
  #readerOverdue(nowMs: number): "stalled" | "lingering" | undefined {
    const { stalledMs, lingerMs } = this.parts.limits;
    const queued = this.queuedBytes;
    const left = this.socket.bytesWritten - queued;
    if ((queued === 0 && !this.#isClosing) || left !== this.#left) this.#leftMs = nowMs;
    this.#left = left;
    if (this.#isClosing) return nowMs - this.#leftMs > lingerMs ? "lingering" : undefined;
    return nowMs - this.#leftMs > stalledMs ? "stalled" : undefined;
  }

  /** Later, because whoever writes may not be ready yet to hear of the close. */
  #cutOff(): void {
    queueMicrotask(() => {
      if (!this.isOpen) return;
      this.parts.counters.slowReadersClosed += 1;
      this.destroy("the peer does not read what it is sent");
    });
  }

  protected abstract startReading(): void;
  protected abstract setPaused(isPaused: boolean): void;
  protected abstract send(octets: Uint8Array): void;
  /** Closes our side when what is queued has left. */
  protected abstract end(): void;
  protected abstract tearDown(): void;
}
