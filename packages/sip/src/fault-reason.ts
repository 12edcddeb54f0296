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
  "Request-URI headers": "Request-URI Must Not Have Header Fields",
  "CSeq method": "CSeq Does Not Name The Request Method",
  "Content-Length": "Body Is Shorter Than Content-Length",
};

/** What is wrong with a message, as a reason phrase. */
export function faultReasonOf({ rule, header }: { readonly rule: string; readonly header?: string }): string {
  const known = reasons[rule];
  if (known) return known;
  if (header === undefined) return rule === "Request-URI" ? "Malformed Request-URI" : `Malformed Request-URI (${rule})`;
  const name = header.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase()).replace(/^Cseq$/, "CSeq");
  if (rule === "required field") return `Missing ${name} Header Field`;
  if (rule === "single value") return `More Than One ${name} Header Field`;
  return `Malformed ${name} Header Field (${rule})`;
}
