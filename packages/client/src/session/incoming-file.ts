import {
  type IncomingHead,
  MessageRefused,
  type MessageTaker,
  type MsrpEndpoints,
  type MsrpSession,
} from "@heliograph/msrp-stack";
import type { FileReceived, FileTaker } from "./file-transfer.js";
import { Later } from "./later.js";
import type { LineUser, OpenedLine } from "./line.js";
import { msrpSessionParts } from "./msrp-session-parts.js";

interface Deps {
  readonly endpoints: MsrpEndpoints;
  readonly taker: FileTaker;
  /** Where the first octet that comes belongs, 0 being the first of the file. */
  readonly offset: number;
  /** The whole size, where the offer says it. */
  readonly size: number | undefined;
}

/** A section that brings one file, or the rest of one. @spec rfc5547#8.3.1 @spec MS-57 */
export class IncomingFile implements LineUser {
  readonly #deps: Deps;
  readonly #outcome = new Later<FileReceived>();
  #hearProgress: (octets: number) => void = () => undefined;
  #msrp: MsrpSession | undefined;
  #taking = false;
  #isDone = false;
  #here: number;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#here = deps.offset;
  }

  get outcome(): Promise<FileReceived> {
    return this.#outcome.promise;
  }

  onProgress(hear: (octets: number) => void): void {
    this.#hearProgress = hear;
  }

  open(line: OpenedLine): void {
    const parts = msrpSessionParts(line);
    if (this.#msrp) return this.#msrp.renegotiate(parts);
    this.#msrp = this.#deps.endpoints.open(parts);
    this.#msrp.bound.catch(() => undefined);
    this.#msrp.onIncoming((head) => this.#take(head));
    this.#msrp.onFailed((reason) => this.#lose(reason));
  }

  close(why: "refused" | "removed" | "over"): void {
    this.#lose(why === "removed" ? "the sender has stopped" : "the session is over");
    this.#msrp?.close();
  }

  /** It was accepted when the sender had his answer already. @spec R-client-3 */
  missed(): void {
    this.#lose("the offer is over");
  }

  /** One file on a section: a second message is none of it. */
  #take(_head: IncomingHead): MessageTaker | { readonly refuse: number } {
    if (this.#taking) return { refuse: 413 };
    this.#taking = true;
    const { taker, offset } = this.#deps;
    return {
      write: (at, octets) => {
        this.#here = Math.max(this.#here, offset + at + octets.length);
        this.#hearProgress(this.#here);
        return taker.write(offset + at, octets);
      },
      complete: (size) => this.#complete(offset + size),
      abandon: (reason) => this.#lose(reason),
    };
  }

  async #complete(size: number): Promise<void> {
    const { taker, size: expected } = this.#deps;
    if (expected !== undefined && size !== expected) {
      this.#lose(`${size} octets came, and ${expected} were offered`);
      throw new MessageRefused(413, "Not the size that was offered");
    }
    this.#isDone = true;
    try {
      await taker.complete(size);
    } catch (cause) {
      this.#outcome.settle({ kind: "lost", reason: cause instanceof Error ? cause.message : String(cause) });
      throw cause;
    }
    this.#outcome.settle({ kind: "received", size });
  }

  #lose(reason: string): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#deps.taker.abandon(reason);
    this.#outcome.settle({ kind: "lost", reason });
  }
}
