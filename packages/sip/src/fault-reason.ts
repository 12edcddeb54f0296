/** What is wrong, by rule, where that says more than that a field is malformed. */
const reasons: Readonly<Record<string, string>> = {
  "message size": "Message Too Large",
  "body size": "Request Entity Too Large",
  "head size": "Header Fields Too Large",
  "line size": "Header Field Too Long",
  "number of headers": "Too Many Header Fields",
  "start line": "Malformed Start Line",
  "end of head": "No Empty Line After Header Fields",
  CRLF: "Line Does Not End In CRLF",
  "UTF-8": "Header Fields Are Not UTF-8",
  "control character": "Control Character In Header Field",
  "header-name": "Malformed Header Field Name",
  Method: "Malformed Request Method",
  "SIP-Version": "Version Not Supported",
  "Status-Code": "Malformed Status Code",
  "Request-URI": "Malformed Request-URI",
  "Request-URI headers": "Request-URI Must Not Have Header Fields",
  "CSeq mismatch": "CSeq Does Not Name The Request Method",
  "Content-Length": "Body Is Shorter Than Content-Length",
};

/** Rules whose breach is not answered with 400. @spec rfc3261#21.4.11 @spec rfc3261#21.5.7 @spec R-sip-8 */
const statuses: Readonly<Record<string, number>> = {
  "message size": 513,
  "head size": 513,
  "line size": 513,
  "number of headers": 513,
  "body size": 413,
  "SIP-Version": 505,
};

const spellings: Readonly<Record<string, string>> = { cseq: "CSeq", "call-id": "Call-ID" };

/** What is wrong with a message, as a reason phrase. */
export function faultReasonOf({ rule, header }: { readonly rule: string; readonly header?: string }): string {
  const known = reasons[rule];
  if (known) return known;
  if (header === undefined) return `Malformed Request-URI (${rule})`;
  const name = spellings[header] ?? header.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
  if (rule === "required field") return `Missing ${name} Header Field`;
  if (rule === "single value") return `More Than One ${name} Header Field`;
  return `Malformed ${name} Header Field (${rule})`;
}

/** What to answer to a request that breaks the rule. */
export function faultStatusOf(rule: string): number {
  return statuses[rule] ?? 400;
}
