import type { Result } from "@heliograph/kernel";
import { type CSeq, parseCSeq } from "./cseq.js";
import type { HeaderList } from "./header-list.js";
import type { Malformed } from "./malformed.js";
import { type NameAddr, parseNameAddr } from "./name-addr.js";
import { splitList } from "./split-list.js";
import { parseVia, type Via } from "./via.js";

/** The fields that every message has, read. @spec rfc3261#8.1.1 */
export interface Essentials {
  readonly via: Via;
  readonly from: NameAddr;
  readonly to: NameAddr;
  readonly cseq: CSeq;
}

/** What requests and responses have in common. @spec rfc3261#7 */
export abstract class SipMessage {
  abstract readonly kind: "request" | "response";
  readonly headers: HeaderList;
  readonly body: Uint8Array;
  private readVia: Via | undefined;
  private readFrom: NameAddr | undefined;
  private readTo: NameAddr | undefined;
  private readCSeq: CSeq | undefined;

  protected constructor(headers: HeaderList, body: Uint8Array, known?: Partial<Essentials>) {
    this.headers = headers;
    this.body = body;
    this.readVia = known?.via;
    this.readFrom = known?.from;
    this.readTo = known?.to;
    this.readCSeq = known?.cseq;
  }

  /** The topmost Via. */
  get via(): Via {
    return (this.readVia ??= readOwn("via", splitList(this.headers.get("via") ?? "")[0], parseVia));
  }

  get from(): NameAddr {
    return (this.readFrom ??= readOwn("from", this.headers.get("from"), parseNameAddr));
  }

  get to(): NameAddr {
    return (this.readTo ??= readOwn("to", this.headers.get("to"), parseNameAddr));
  }

  get callId(): string {
    return this.headers.get("call-id") ?? "";
  }

  get cseq(): CSeq {
    return (this.readCSeq ??= readOwn("cseq", this.headers.get("cseq"), parseCSeq));
  }

  /** What was read already and still holds when the header fields become `headers`. */
  protected knownFor(headers: HeaderList): Partial<Essentials> {
    const known: { -readonly [field in keyof Essentials]?: Essentials[field] } = {};
    if (this.readVia && headers.get("via") === this.headers.get("via")) known.via = this.readVia;
    if (this.readFrom && headers.get("from") === this.readFrom.raw) known.from = this.readFrom;
    if (this.readTo && headers.get("to") === this.readTo.raw) known.to = this.readTo;
    if (this.readCSeq && headers.get("cseq") === this.headers.get("cseq")) known.cseq = this.readCSeq;
    return known;
  }
}

/**
 * Reads a part of a message that we composed ourselves, and throws where we composed it wrongly: messages of others
 * were read by the parser.
 */
export function readOwn<T>(
  name: string,
  text: string | undefined,
  parse: (text: string) => Result<T, Malformed>,
): T {
  const parsed = parse(text ?? "");
  if (parsed.ok) return parsed.value;
  throw new Error(
    `our own message has a bad ${name}: ${parsed.error.rule} at ${parsed.error.offset} of "${text}"`,
  );
}
