import { codesOf } from "./codes.js";

/** One-letter names and what they stand for. @spec rfc3261#20 */
const compactForms: Readonly<Record<string, string>> = {
  a: "Accept-Contact", // RFC 3841
  b: "Referred-By", // RFC 3892
  c: "Content-Type",
  d: "Request-Disposition", // RFC 3841
  e: "Content-Encoding",
  f: "From",
  i: "Call-ID",
  j: "Reject-Contact", // RFC 3841
  k: "Supported",
  l: "Content-Length",
  m: "Contact",
  n: "Identity-Info", // RFC 4474
  o: "Event", // RFC 6665
  r: "Refer-To", // RFC 3515
  s: "Subject",
  t: "To",
  u: "Allow-Events", // RFC 6665
  v: "Via",
  x: "Session-Expires", // RFC 4028
  y: "Identity", // RFC 8224
};

const commonNames = [
  "Via",
  "From",
  "To",
  "Call-ID",
  "CSeq",
  "Max-Forwards",
  "Contact",
  "Content-Type",
  "Content-Length",
  "Route",
  "Record-Route",
  "Expires",
  "Allow",
  "Supported",
  "Require",
  "Proxy-Require",
  "Unsupported",
  "User-Agent",
  "Server",
  "Accept",
  "Accept-Contact",
  "Authorization",
  "WWW-Authenticate",
  "Proxy-Authorization",
  "Proxy-Authenticate",
  "P-Asserted-Identity",
  "P-Preferred-Identity",
  "Privacy",
  "Path",
  "Service-Route",
  "Subject",
  "Date",
  "Event",
  "Content-Disposition",
  "Content-Encoding",
  "Warning",
  "Reason",
  "Retry-After",
  "Min-Expires",
  "Timestamp",
  "Session-Expires",
  "Min-SE",
  "Refer-To",
  "P-Charging-Vector",
];

/**
 * Fields that the parser looks at itself. All but Via and Contact say one thing, and saying it twice is malformed.
 *
 * @spec rfc3261#7.3.1 @spec rfc4475#3.3.8 @spec R-sip-10
 */
export const slotted = [
  "via",
  "contact",
  "from",
  "to",
  "call-id",
  "cseq",
  "max-forwards",
  "content-length",
  "content-type",
  "content-disposition",
  "expires",
  "date",
  "event",
  "session-expires",
  "min-se",
  "refer-to",
] as const;

const slots = new Map<string, number>(slotted.map((key, slot) => [key, slot]));

/** A field that the parser looks at itself. */
export type Slotted = (typeof slotted)[number];

/** The place of a key in `slotted`, or -1. */
export function slotOf(key: string): number {
  return slots.get(key) ?? -1;
}

/** A header's name in one of its spellings. */
export class HeaderName {
  /** As written. */
  readonly name: string;
  /** What stands for all spellings: long form, lower case. @spec rfc3261#7.3.3 */
  readonly key: string;
  /** The key's place in `slotted`, or -1. */
  readonly slot: number;
  /** What stands before the value where the field follows another line. */
  readonly opening: string;

  constructor(name: string, key: string) {
    this.name = name;
    this.key = key;
    this.slot = slotOf(key);
    this.opening = `\r\n${name}: `;
  }
}

/** A common spelling among those with the same hash. */
interface Common {
  readonly name: HeaderName;
  readonly codes: Uint8Array;
  readonly next: Common | undefined;
}

const tableSize = 4096;
/** Common spellings by the hash that a scan over the name computes: reading one of them makes no new string. */
const table: (Common | undefined)[] = Array.from({ length: tableSize });
/** The same by themselves. */
const names = new Map<string, HeaderName>();
for (const name of commonNames) {
  for (const spelling of [name, name.toLowerCase(), name.toUpperCase()]) enter(spelling, name.toLowerCase());
}
for (const [letter, name] of Object.entries(compactForms)) {
  enter(letter, name.toLowerCase());
  enter(letter.toUpperCase(), name.toLowerCase());
}

/** The name that is written so: for a common spelling always the same object. @spec rfc3261#7.3.3 */
export function headerNameOf(name: string): HeaderName {
  return names.get(name) ?? new HeaderName(name, uncommonKeyOf(name));
}

/** The name that stands for all spellings of a header's name: long form, lower case. @spec rfc3261#7.3.3 */
export function headerKeyOf(name: string): string {
  return names.get(name)?.key ?? uncommonKeyOf(name);
}

/** The name in its long form; one that has no compact form stays as it is written. @spec rfc3261#7.3.3 */
export function longNameOf(name: string): string {
  return name.length === 1 ? (compactForms[name.toLowerCase()] ?? name) : name;
}

/** One step of the hash over a name's characters, begun at 0. */
export function hashStep(hash: number, code: number): number {
  return (hash * 31 + code) & (tableSize - 1);
}

/** The common spelling, whose hash is `hash`, that stands from `start` to `end`. */
export function commonNameAt(
  codes: Uint8Array,
  start: number,
  end: number,
  hash: number,
): HeaderName | undefined {
  for (let common = table[hash]; common; common = common.next) {
    if (common.codes.length === end - start && isAt(codes, start, common.codes)) return common.name;
  }
  return undefined;
}

function isAt(codes: Uint8Array, start: number, name: Uint8Array): boolean {
  for (let at = 0; at < name.length; at += 1) if (codes[start + at] !== name[at]) return false;
  return true;
}

function uncommonKeyOf(name: string): string {
  const key = name.toLowerCase();
  return names.get(key)?.key ?? key;
}

function enter(name: string, key: string): void {
  const codes = codesOf(name).slice(0, name.length);
  const hash = codes.reduce(hashStep, 0);
  const common = new HeaderName(name, key);
  table[hash] = { name: common, codes, next: table[hash] };
  names.set(name, common);
}
