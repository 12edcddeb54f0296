import { OctetRanges } from "@heliograph/msrp";

/** A piece all of whose octets are here. */
export interface FullPiece {
  readonly number: number;
  readonly octets: Uint8Array;
}

/** How a content is cut, and how many pieces may be incomplete at a time. */
export interface PieceLimits {
  readonly pieceBytes: number;
  readonly maxOpen: number;
}

interface OpenPiece {
  readonly octets: Uint8Array;
  readonly here: OctetRanges;
}

const maxRunsInPiece = 64;

/**
 * Puts octets that come in any order into pieces of one size. It holds the pieces that have gaps and no others, and of
 * those only a few; octets of a piece that was handed out already are passed over (R-deferred-store-10).
 *
 * @spec rfc4975#7.3.1 @spec MS-07
 */
export class PieceBuffer {
  readonly #open = new Map<number, OpenPiece>();
  readonly #full = new Set<number>();

  constructor(private readonly limits: PieceLimits) {}

  /** Copies octets to their place; answers the pieces that are full now, or that there are too many gaps. */
  write(at: number, octets: Uint8Array): readonly FullPiece[] | "too-scattered" {
    const { pieceBytes } = this.limits;
    const full: FullPiece[] = [];
    for (let from = 0; from < octets.length; ) {
      const number = Math.floor((at + from) / pieceBytes);
      const offset = at + from - number * pieceBytes;
      const part = octets.subarray(from, from + pieceBytes - offset);
      from += part.length;
      if (this.#full.has(number)) continue;
      const piece = this.#piece(number);
      if (!piece) return "too-scattered";
      piece.octets.set(part, offset);
      if (!piece.here.add({ start: offset + 1, end: offset + part.length })) return "too-scattered";
      if (piece.here.covers(pieceBytes)) full.push(this.#handOut(number, piece.octets));
    }
    return full;
  }

  /** The last piece of a content of this size, nothing where it was full, or that octets are missing. */
  finish(size: number): FullPiece | undefined | "gap" {
    const { pieceBytes } = this.limits;
    const count = Math.ceil(size / pieceBytes);
    const number = count - 1;
    const last = this.#open.get(number);
    const length = size - number * pieceBytes;
    const isHere = last?.here.covers(length) ?? false;
    if (this.#full.size + (isHere ? 1 : 0) < count) return "gap";
    return last && isHere ? this.#handOut(number, last.octets.subarray(0, length)) : undefined;
  }

  #piece(number: number): OpenPiece | undefined {
    const known = this.#open.get(number);
    if (known) return known;
    if (this.#open.size >= this.limits.maxOpen) return undefined;
    const piece = {
      octets: new Uint8Array(this.limits.pieceBytes),
      here: new OctetRanges(maxRunsInPiece),
    };
    this.#open.set(number, piece);
    return piece;
  }

  #handOut(number: number, octets: Uint8Array): FullPiece {
    this.#open.delete(number);
    this.#full.add(number);
    return { number, octets };
  }
}
