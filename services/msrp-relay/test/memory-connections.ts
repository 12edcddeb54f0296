import { ChunkParser, type ChunkSink } from "@heliograph/msrp";
import {
  ConnectError,
  type ConnectionSnapshot,
  type DialTarget,
  type MsrpConnection,
  type MsrpConnections,
  type MsrpListeningPoint,
  type MsrpTransportName,
  type PeerCertificate,
} from "@heliograph/msrp-stack";

/** A connection without a socket: a test writes what the peer sends, and reads what it would get. */
export class MemoryConnection implements MsrpConnection {
  readonly id: string;
  readonly localAddress = "127.0.0.1";
  readonly localPort = 2855;
  readonly remotePort = 40_000;
  /** What the peer has shown, if it has. */
  peerCertificate: PeerCertificate | undefined;
  readonly needsWholeChunks: boolean;
  queuedBytes = 0;
  isPaused = false;
  isFull = false;
  closedBecause: string | undefined;
  /** Each piece that was written, as text. */
  readonly written: string[] = [];
  #parser: ChunkParser | undefined;
  #input: Uint8Array[] = [];
  #hearDrained: () => void = () => undefined;
  readonly #closeHearers: ((reason: string) => void)[] = [];

  constructor(
    readonly transport: MsrpTransportName,
    readonly openedBy: "us" | "peer",
    serial: number,
    readonly remoteAddress = "127.0.0.1",
  ) {
    this.id = `memory-${serial}`;
    this.needsWholeChunks = transport === "ws" || transport === "wss";
  }

  /** What the peer would have read, and has not been looked at. */
  take(): string {
    return this.written.splice(0).join("");
  }

  /** Octets from the peer; they wait while the connection is paused. */
  feed(octets: string | Uint8Array): void {
    this.#input.push(typeof octets === "string" ? Buffer.from(octets) : octets);
    this.#read();
  }

  /** What was full has emptied. */
  drain(): void {
    this.isFull = false;
    this.#hearDrained();
  }

  start(sink: ChunkSink): void {
    this.#parser = new ChunkParser(sink);
    this.#read();
  }

  write(octets: Uint8Array): boolean {
    if (this.closedBecause !== undefined) return false;
    this.written.push(Buffer.from(octets).toString("latin1"));
    return !this.isFull;
  }

  cork(): void {
    // Nothing is batched here.
  }

  uncork(): void {
    // Nothing is batched here.
  }

  onDrained(hear: () => void): void {
    this.#hearDrained = hear;
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
    this.#read();
  }

  onClosed(hear: (reason: string) => void): void {
    if (this.closedBecause === undefined) this.#closeHearers.push(hear);
    else hear(this.closedBecause);
  }

  close(): void {
    this.destroy("closed");
  }

  destroy(reason: string): void {
    if (this.closedBecause !== undefined) return;
    this.closedBecause = reason;
    for (const hear of this.#closeHearers) hear(reason);
  }

  #read(): void {
    while (this.#parser && !this.isPaused && this.closedBecause === undefined) {
      const octets = this.#input.shift();
      if (octets === undefined) return;
      this.#parser.push(octets);
    }
  }
}

/** Connections without sockets. */
export class MemoryConnections implements MsrpConnections {
  readonly fingerprints = [{ hash: "sha-256", digest: Array.from({ length: 32 }, () => "AB").join(":") }];
  readonly listeningPoints: readonly MsrpListeningPoint[];
  readonly snapshot = { accepted: 0, openConnections: 0 } as ConnectionSnapshot;
  readonly dialled: { readonly target: DialTarget; readonly connection: MemoryConnection }[] = [];
  /** Why nothing can be reached. */
  outage: string | undefined;
  #serial = 0;
  #hear: (connection: MsrpConnection) => void = () => undefined;

  constructor(listeningPoints: readonly MsrpListeningPoint[]) {
    this.listeningPoints = listeningPoints;
  }

  /** Somebody connects to us. */
  arrive(transport: MsrpTransportName = "tcp", from?: string): MemoryConnection {
    this.#serial += 1;
    const connection = new MemoryConnection(transport, "peer", this.#serial, from);
    this.#hear(connection);
    return connection;
  }

  onConnection(hear: (connection: MsrpConnection) => void): void {
    this.#hear = hear;
  }

  async connect(target: DialTarget): Promise<MsrpConnection> {
    if (this.outage !== undefined) throw new ConnectError(this.outage);
    const known = this.dialled.find(
      ({ target: one, connection }) =>
        one.host === target.host && one.port === target.port && connection.closedBecause === undefined,
    );
    if (known !== undefined) return known.connection;
    this.#serial += 1;
    const connection = new MemoryConnection(target.transport, "us", this.#serial);
    this.dialled.push({ target, connection });
    return connection;
  }

  async start(): Promise<void> {
    // There is nothing to open.
  }

  async stopListening(): Promise<void> {
    // There is nothing to close.
  }

  async stop(): Promise<void> {
    // There is nothing to close.
  }
}
