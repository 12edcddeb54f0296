import type { BodySource } from "@heliograph/msrp";
import { type LargeContent, pieceCountOf } from "../domain/large-content.js";
import type { Contents } from "../ports.js";

interface Deps {
  readonly contents: Pick<Contents, "read">;
  /** Where the octets begin that stand for the first of the content. */
  readonly head: Uint8Array;
  readonly content: LargeContent;
  /** More octets than before have been asked for, which means that those before have left. */
  readonly onMoved: () => void;
  /** A piece is missing or was changed, or Postgres does not answer: no more octets will come. */
  readonly onBroken: (error: Error) => void;
}

/** Thrown where a piece is missing or was changed. */
export class DamagedContent extends Error {
  override readonly name = "DamagedContent";
}

/**
 * The octets of a large message as Postgres gives them: its head, then the pieces, of which the one that is being sent
 * and the next are in memory and no others.
 *
 * @spec DF-32
 */
export class PieceSource implements BodySource {
  readonly size: number;
  readonly #pieces = new Map<number, Uint8Array | "loading">();
  #hear: (() => void) | undefined;
  #isBroken = false;
  #furthest = 0;

  constructor(private readonly deps: Deps) {
    const { head, content } = deps;
    this.size = head.length + content.bytes - content.headBytes;
  }

  onReadable(hear: () => void): void {
    this.#hear = hear;
  }

  read(from: number, most: number): Uint8Array | "later" {
    const { head, content, onMoved } = this.deps;
    if (from > this.#furthest) {
      this.#furthest = from;
      onMoved();
    }
    if (from < head.length) {
      this.#need(0);
      return head.subarray(from, from + most);
    }
    const at = from - head.length + content.headBytes;
    const number = Math.floor(at / content.pieceBytes);
    const piece = this.#need(number);
    if (piece === undefined || piece === "loading") return "later";
    const offset = at - number * content.pieceBytes;
    return piece.subarray(offset, offset + most);
  }

  /** Has this piece and the next one here, or on their way. */
  #need(number: number): Uint8Array | "loading" | undefined {
    for (const known of this.#pieces.keys()) {
      if (known !== number && known !== number + 1) this.#pieces.delete(known);
    }
    for (const wanted of [number, number + 1]) {
      if (this.#pieces.has(wanted) || wanted >= pieceCountOf(this.deps.content) || this.#isBroken) continue;
      this.#pieces.set(wanted, "loading");
      void this.#load(wanted);
    }
    return this.#pieces.get(number);
  }

  async #load(number: number): Promise<void> {
    const { contents, content, onBroken } = this.deps;
    try {
      const octets = await contents.read(content, number);
      if (!octets) throw new DamagedContent(`piece ${number} is missing or was changed`);
      if (this.#pieces.has(number)) this.#pieces.set(number, octets);
      this.#hear?.();
    } catch (error) {
      if (this.#isBroken) return;
      this.#isBroken = true;
      onBroken(error instanceof Error ? error : new Error(String(error)));
    }
  }
}
