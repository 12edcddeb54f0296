import type { msrpRelay } from "@heliograph/contracts";
import { parseCpim } from "@heliograph/im-bodies";
import type { ByteRange } from "@heliograph/msrp";

/** Why a message does not pass. */
export type PolicyRefusal = 413 | 415;

/**
 * What one session may carry, ready to be asked for every message. Text always passes, and so does message/cpim
 * unless what it holds may not.
 *
 * @spec PF-14
 * @spec PF-23
 * @spec MS-17
 */
export class ContentPolicy {
  readonly maxMessageBytes: number;
  readonly #types: ReadonlySet<string>;
  readonly #takesAll: boolean;

  constructor({ maxMessageBytes, contentTypes }: msrpRelay.MediaPolicy) {
    this.maxMessageBytes = maxMessageBytes;
    this.#types = new Set(contentTypes.map((type) => type.toLowerCase()));
    this.#takesAll = this.#types.has("*") || this.#types.has("*/*");
  }

  /** What the head of a chunk says already. */
  refusalOfHead(type: string, range: ByteRange | undefined): PolicyRefusal | undefined {
    const { start, total } = range ?? { start: 1, total: undefined };
    if ((total ?? 0) > this.maxMessageBytes || start - 1 > this.maxMessageBytes) return 413;
    return this.#takesAll || this.#takes(type) ? undefined : 415;
  }

  /** Whether the first octets of a message with this type have to be looked at. */
  looksInside(type: string | undefined): boolean {
    return !this.#takesAll && type !== undefined && bareType(type) === "message/cpim";
  }

  /** What the first octets of a message/cpim say of what it holds, where they say it. */
  refusalOfStart(octets: Uint8Array): PolicyRefusal | undefined {
    const cpim = parseCpim(octets.subarray(0, octets.lastIndexOf(lineFeed) + 1));
    const inner = cpim.ok ? cpim.value.contentHeader("Content-Type") : undefined;
    return inner === undefined || this.#takes(inner) ? undefined : 415;
  }

  #takes(type: string): boolean {
    const bare = bareType(type);
    const family = bare.slice(0, bare.indexOf("/"));
    return (
      family === "text" || bare === "message/cpim" || this.#types.has(bare) || this.#types.has(`${family}/*`)
    );
  }
}

const lineFeed = 0x0a;

function bareType(type: string): string {
  const end = type.indexOf(";");
  return (end < 0 ? type : type.slice(0, end)).trim().toLowerCase();
}
