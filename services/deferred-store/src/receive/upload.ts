import { type MessageTaker, MessageRefused } from "@heliograph/msrp-stack";
import type { LargeContent } from "../domain/large-content.js";
import { mostHeadBytes } from "../domain/large-head.js";
import { PieceBuffer, type PieceLimits } from "../domain/piece-buffer.js";
import type { Events } from "../events.js";
import type { Arrival, Contents } from "../ports.js";
import type { OpenUploads } from "./open-uploads.js";

/** What an upload needs. */
export interface UploadDeps {
  readonly contents: Pick<Contents, "begin" | "keep" | "abandon">;
  readonly uploads: Pick<OpenUploads, "add" | "remove">;
  readonly events: Pick<Events, "uploaded" | "uploadEnded" | "troubled">;
  readonly pieces: PieceLimits;
  /** Octets have moved. */
  readonly onMoved: () => void;
  /**
   * All pieces are kept: makes a message of them. `discarded`: there is nothing to store. `first`: the octets of the
   * first piece.
   */
  readonly commit: (content: LargeContent, first: Uint8Array) => Promise<Committed>;
}

/** What became of a content whose octets are all here. */
export type Committed = "stored" | "repeat" | "discarded" | "gone";

/** Writes under way while more octets are taken. */
const mostWrites = 1;
const nothing = new Uint8Array(0);

/**
 * One message on its way into the store: octets go into pieces, full pieces go into Postgres, and the sender is held
 * back while Postgres is slower than it. Until the commit nothing is stored; whatever ends it before leaves nothing.
 * One that was stored before is taken again without a trace, for its sender has not heard of that.
 *
 * @spec DF-05 @spec DF-09 @spec rfc4975#7.3.1
 */
export class Upload implements MessageTaker {
  readonly #buffer: PieceBuffer;
  readonly #begun: Promise<"receiving" | "repeat">;
  readonly #writes = new Set<Promise<void>>();
  #first: Uint8Array = nothing;
  #failure: MessageRefused | undefined;
  #hasBegun = false;
  #isOver = false;

  constructor(
    private readonly deps: UploadDeps,
    private readonly arrival: Arrival,
  ) {
    this.#buffer = new PieceBuffer(deps.pieces);
    this.#begun = this.#begin();
    this.#begun.catch((error: unknown) => this.#fail(error));
    const { id } = arrival.content;
    deps.uploads.add(id, () => this.#fail(new MessageRefused(408, "the upload was given up")));
  }

  write(at: number, octets: Uint8Array): void | Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure);
    this.deps.onMoved();
    this.deps.events.uploaded(octets.length);
    const full = this.#buffer.write(at, octets);
    if (full === "too-scattered") return Promise.reject(this.#fail(new MessageRefused(413, "too many gaps")));
    for (const piece of full) this.#keep(piece.number, piece.octets);
    if (!this.#hasBegun || this.#writes.size > mostWrites) return this.#untilThereIsRoom();
  }

  async complete(size: number): Promise<void> {
    try {
      const outcome = await this.#complete(size);
      this.#end(outcome);
    } catch (error) {
      throw this.#fail(error);
    }
  }

  abandon(reason: string): void {
    if (!this.#isOver) this.#fail(new MessageRefused(408, reason));
  }

  async #untilThereIsRoom(): Promise<void> {
    await this.#begun.catch(() => undefined);
    while (this.#writes.size > mostWrites) await Promise.race(this.#writes);
    this.#mayGoOn();
  }

  async #begin(): Promise<"receiving" | "repeat"> {
    const begun = await this.deps.contents.begin(this.arrival);
    this.#hasBegun = true;
    if (begun === "receiving" || begun === "repeat") return begun;
    throw new MessageRefused(413, `the queue is full: ${begun}`);
  }

  #keep(number: number, octets: Uint8Array): void {
    const { content, owner } = this.arrival;
    if (number === 0) this.#first = octets.slice(0, mostHeadBytes);
    const write = this.#write({ content, owner, number, octets })
      .catch((error: unknown) => void this.#fail(error))
      .finally(() => this.#writes.delete(write));
    this.#writes.add(write);
  }

  async #write(piece: Parameters<Contents["keep"]>[0]): Promise<void> {
    if ((await this.#begun) === "repeat" || this.#failure) return;
    const kept = await this.deps.contents.keep(piece);
    this.deps.onMoved();
    if (kept === "quota-bytes") throw new MessageRefused(413, "the queue is full");
    if (kept === "gone") throw new MessageRefused(408, "the upload was given up");
  }

  async #complete(size: number): Promise<Committed> {
    this.#mayGoOn();
    const last = this.#buffer.finish(size);
    if (last === "gap") throw new MessageRefused(400, "octets are missing");
    if (last) this.#keep(last.number, last.octets);
    const begun = await this.#begun;
    await Promise.all(this.#writes);
    this.#mayGoOn();
    if (begun === "repeat") return "repeat";
    const outcome = await this.deps.commit({ ...this.arrival.content, bytes: size }, this.#first);
    if (outcome === "gone") throw new MessageRefused(408, "the upload was given up");
    return outcome;
  }

  #mayGoOn(): void {
    if (this.#failure) throw this.#failure;
  }

  /** Ends it badly, once; answers what the sender is told. Trouble of ours is not the fault of the message. */
  #fail(error: unknown): MessageRefused {
    if (this.#failure) return this.#failure;
    const { events } = this.deps;
    if (!(error instanceof MessageRefused)) events.troubled("an upload was broken off", error);
    this.#failure =
      error instanceof MessageRefused ? error : new MessageRefused(408, "the store is out of order");
    this.#end("abandoned");
    return this.#failure;
  }

  #end(outcome: Committed | "abandoned"): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { uploads, contents, events } = this.deps;
    const { content, owner } = this.arrival;
    uploads.remove(content.id);
    events.uploadEnded(outcome);
    if (outcome !== "abandoned" && outcome !== "discarded") return;
    this.#begun
      .then(() => contents.abandon(content, owner))
      .catch((error: unknown) => events.troubled("an upload is left to the rounds", error));
  }
}
