import { ChunkParser, type ChunkSink } from "@heliograph/msrp";
import type { MsrpConnection, MsrpTransportName } from "@heliograph/msrp-stack";

/** Octets on their way that make the writer wait. */
const highWaterBytes = 262_144;

/**
 * Two ends of a connection that does not leave this process: how one URI of the relay leads to another one of its own.
 * It stands for the transport that the URI names.
 */
export function innerConnections(
  transport: MsrpTransportName,
  id: string,
): readonly [MsrpConnection, MsrpConnection] {
  const one = new InnerConnection(transport, `${id}-a`, "us");
  const other = new InnerConnection(transport, `${id}-b`, "peer");
  one.joinTo(other);
  other.joinTo(one);
  return [one, other];
}

class InnerConnection implements MsrpConnection {
  readonly id: string;
  readonly transport: MsrpTransportName;
  readonly openedBy: "us" | "peer";
  readonly localAddress = "";
  readonly localPort = 0;
  /** None: nobody else may be taken to be reached by it. */
  readonly remoteAddress = "";
  readonly remotePort = 0;
  readonly peerCertificate = undefined;
  readonly needsWholeChunks = false;
  #other: InnerConnection | undefined;
  #parser: ChunkParser | undefined;
  #arrived: Uint8Array[] = [];
  #arrivedBytes = 0;
  #isPaused = false;
  #isDue = false;
  #isFull = false;
  #isClosing = false;
  #closedBecause: string | undefined;
  #hearDrained: () => void = () => undefined;
  #closeHearers: ((reason: string) => void)[] = [];

  constructor(transport: MsrpTransportName, id: string, openedBy: "us" | "peer") {
    this.transport = transport;
    this.id = id;
    this.openedBy = openedBy;
  }

  joinTo(other: InnerConnection): void {
    this.#other = other;
  }

  get queuedBytes(): number {
    const other = this.#other;
    return other === undefined ? 0 : other.#arrivedBytes;
  }

  start(sink: ChunkSink): void {
    this.#parser = new ChunkParser(sink);
    this.#readLater();
  }

  write(octets: Uint8Array): boolean {
    const other = this.#other;
    if (other === undefined || this.#isClosing || this.#closedBecause !== undefined) return false;
    other.#arrived.push(octets);
    other.#arrivedBytes += octets.length;
    other.#readLater();
    this.#isFull = other.#arrivedBytes >= highWaterBytes;
    return !this.#isFull;
  }

  cork(): void {
    // What is written in one turn is read in one turn anyway.
  }

  uncork(): void {
    // Nothing was held back.
  }

  onDrained(hear: () => void): void {
    this.#hearDrained = hear;
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#readLater();
  }

  onClosed(hear: (reason: string) => void): void {
    if (this.#closedBecause === undefined) this.#closeHearers.push(hear);
    else hear(this.#closedBecause);
  }

  /** What is on its way is read first. */
  close(): void {
    this.#isClosing = true;
    if (this.queuedBytes === 0) this.destroy("closed");
  }

  destroy(reason: string): void {
    if (this.#closedBecause !== undefined) return;
    this.#closedBecause = reason;
    this.#arrived = [];
    this.#arrivedBytes = 0;
    const hearers = this.#closeHearers;
    this.#closeHearers = [];
    for (const hear of hearers) hear(reason);
    this.#other?.destroy(reason);
  }

  #readLater(): void {
    if (this.#isDue || this.#arrivedBytes === 0) return;
    this.#isDue = true;
    queueMicrotask(() => {
      this.#isDue = false;
      this.#read();
    });
  }

  #read(): void {
    while (this.#parser !== undefined && !this.#isPaused && this.#closedBecause === undefined) {
      const octets = this.#arrived.shift();
      if (octets === undefined) break;
      this.#arrivedBytes -= octets.length;
      this.#parser.push(octets);
      if (this.#parser.isBroken) return this.destroy("what was written cannot be framed");
    }
    const other = this.#other;
    if (this.#arrivedBytes === 0 && other !== undefined) other.#emptied();
  }

  #emptied(): void {
    if (this.#isClosing) this.destroy("closed");
    if (!this.#isFull) return;
    this.#isFull = false;
    this.#hearDrained();
  }
}
