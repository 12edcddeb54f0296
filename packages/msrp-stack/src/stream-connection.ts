import type { Socket } from "node:net";
import { type ConnectionParts, type Origin, SocketConnection } from "./socket-connection.js";

/** Pieces below are joined before they are written: to copy them costs less than to hand them over one by one. */
const smallBytes = 4_096;
/** How much is joined at most, and how much is gathered in one turn of the event loop before it is handed over. */
const flushBytes = 65_536;

/** MSRP over TCP or TLS. @spec rfc4975#5.4 */
export class StreamConnection extends SocketConnection {
  readonly needsWholeChunks = false;
  #gathered: Uint8Array[] | undefined;
  #gatheredBytes = 0;
  #isDue = false;
  #corks = 0;

  constructor(socket: Socket, origin: Origin, parts: ConnectionParts) {
    super(socket, origin, parts);
    socket.on("error", (error) => this.destroy(error.message));
    socket.on("close", () => this.closed("the peer closed the connection"));
  }

  get queuedBytes(): number {
    return this.#gatheredBytes + this.socket.writableLength;
  }

  cork(): void {
    this.#corks += 1;
  }

  uncork(): void {
    this.#corks -= 1;
    if (this.#corks === 0 && this.#gatheredBytes > 0) this.#flushLater();
  }

  protected startReading(): void {
    this.socket.on("data", (octets: Uint8Array) => this.take(octets));
    this.socket.on("end", () => this.peerEnded());
  }

  protected setPaused(isPaused: boolean): void {
    if (isPaused) this.socket.pause();
    else this.socket.resume();
  }

  protected send(octets: Uint8Array): void {
    if (this.#gathered) this.#gathered.push(octets);
    else this.#gathered = [octets];
    this.#gatheredBytes += octets.length;
    if (this.#corks > 0) return;
    if (this.#gatheredBytes >= flushBytes) this.#flush();
    else this.#flushLater();
  }

  protected end(): void {
    this.#flush();
    this.socket.end();
  }

  protected tearDown(): void {
    this.#gathered = undefined;
    this.#gatheredBytes = 0;
    this.socket.destroy();
  }

  #flushLater(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    process.nextTick(() => {
      this.#isDue = false;
      if (this.#corks === 0) this.#flush();
    });
  }

  #flush(): void {
    const pieces = this.#gathered;
    if (!pieces || !this.isOpen) return;
    this.#gathered = undefined;
    this.#gatheredBytes = 0;
    const [only] = pieces;
    if (only && pieces.length === 1) {
      this.socket.write(only);
      return;
    }
    this.socket.cork();
    for (const run of joined(pieces)) this.socket.write(run);
    this.socket.uncork();
  }
}

/** The same octets in fewer pieces; large ones are not copied. */
function* joined(pieces: readonly Uint8Array[]): Generator<Uint8Array> {
  let run: Uint8Array[] = [];
  let runBytes = 0;
  for (const piece of pieces) {
    if (run.length > 0 && (piece.length >= smallBytes || runBytes + piece.length > flushBytes)) {
      yield oneOf(run, runBytes);
      run = [];
      runBytes = 0;
    }
    if (piece.length >= smallBytes) yield piece;
    else {
      run.push(piece);
      runBytes += piece.length;
    }
  }
  if (run.length > 0) yield oneOf(run, runBytes);
}

function oneOf(run: readonly Uint8Array[], bytes: number): Uint8Array {
  const [first] = run;
  return run.length === 1 && first ? first : Buffer.concat(run, bytes);
}
