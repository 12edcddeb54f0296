/** One-letter names and what they stand for. @spec rfc3261#20 */
const compactForms: Readonly<Record<string, string>> = {
  a: "accept-contact", // RFC 3841
  b: "referred-by", // RFC 3892
  c: "content-type",
  d: "request-disposition", // RFC 3841
  e: "content-encoding",
  f: "from",
  i: "call-id",
  j: "reject-contact", // RFC 3841
  k: "supported",
  l: "content-length",
  m: "contact",
  n: "identity-info", // RFC 4474
  o: "event", // RFC 6665
  r: "refer-to", // RFC 3515
  s: "subject",
  t: "to",
  u: "allow-events", // RFC 6665
  v: "via",
  x: "session-expires", // RFC 4028
  y: "identity", // RFC 8224
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
];

/** Names as people write them, to the one string that stands for each. */
const keys = new Map<string, string>();
for (const name of commonNames) {
  for (const spelling of [name, name.toLowerCase(), name.toUpperCase()])
    keys.set(spelling, name.toLowerCase());
}
for (const [letter, name] of Object.entries(compactForms)) {
  keys.set(letter, name);
  keys.set(letter.toUpperCase(), name);
}

/** The name that stands for all spellings of a header's name: long form, lower case. @spec rfc3261#7.3.3 */
export function headerKeyOf(name: string): string {
  return keys.get(name) ?? uncommonKeyOf(name);
}

function uncommonKeyOf(name: string): string {
  const key = name.toLowerCase();
  return keys.get(key) ?? key;
}

/** A known spelling of a header's name: one string object for all messages. */
export interface KnownName {
  readonly name: string;
  readonly key: string;
  /** The key's place in `slotted`, or -1. */
  readonly slot: number;
}

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

interface TableEntry extends KnownName {
  /** The next spelling with the same hash. */
  readonly next: TableEntry | undefined;
}

const tableSize = 4096;
/** Spellings by the hash that a scan over the name computes, so that a known name costs no new string. */
const table: (TableEntry | undefined)[] = Array.from({ length: tableSize });
for (const name of commonNames) enter(name, name.toLowerCase());
for (const [letter, key] of Object.entries(compactForms)) enter(letter, key);

/** One step of the hash over a name's characters, begun at 0. */
export function hashStep(hash: number, code: number): number {
  return (hash * 31 + code) & (tableSize - 1);
}

/** The known name that stands in `text` from `start` to `end`, whose hash is `hash`. */
export function knownNameAt(text: string, start: number, end: number, hash: number): KnownName | undefined {
  for (let known = table[hash]; known; known = known.next) {
    if (known.name.length === end - start && text.startsWith(known.name, start)) return known;
  }
  return undefined;
}

function enter(name: string, key: string): void {
  let hash = 0;
  for (let at = 0; at < name.length; at += 1) hash = hashStep(hash, name.charCodeAt(at));
  table[hash] = { name, key, slot: slotOf(key), next: table[hash] };
}
