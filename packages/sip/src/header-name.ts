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
  "Via", "From", "To", "Call-ID", "CSeq", "Max-Forwards", "Contact", "Content-Type", "Content-Length", "Route",
  "Record-Route", "Expires", "Allow", "Supported", "Require", "Proxy-Require", "Unsupported", "User-Agent", "Server",
  "Accept", "Accept-Contact", "Authorization", "WWW-Authenticate", "Proxy-Authorization", "Proxy-Authenticate",
  "P-Asserted-Identity", "P-Preferred-Identity", "Privacy", "Path", "Service-Route", "Subject", "Date", "Event",
  "Content-Disposition", "Content-Encoding", "Warning", "Reason", "Retry-After", "Min-Expires", "Timestamp",
];

/** Names as people write them, to the one string that stands for each. */
const keys = new Map<string, string>();
for (const name of commonNames) {
  for (const spelling of [name, name.toLowerCase(), name.toUpperCase()]) keys.set(spelling, name.toLowerCase());
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
