import { skipIn, tokenChar, uriChar } from "./char-class.js";

/** The first line of a message, or what is wrong with it. @spec rfc3261#7.1 @spec rfc3261#7.2 */
export type StartLine =
  | { readonly kind: "request"; readonly method: string; readonly requestUri: string }
  | { readonly kind: "response"; readonly status: number; readonly reason: string }
  | { readonly kind: "malformed"; readonly rule: string; readonly offset: number };

/** Reads the start line that stands from `start` to `end` in `text`, whose codes are `codes`. @spec rfc3261#7.1 @spec rfc3261#7.2 @spec R-sip-6 */
export function parseStartLine(text: string, codes: Uint8Array, start: number, end: number): StartLine {
  const methodEnd = skipIn(codes, start, end, tokenChar);
  if (methodEnd > start && codes[methodEnd] === 0x2f) return parseStatusLine(text, start, end);
  if (methodEnd === start || codes[methodEnd] !== 0x20) return bad("Method", methodEnd);
  const uriStart = methodEnd + 1;
  const uriEnd = skipIn(codes, uriStart, end, uriChar);
  if (uriEnd === uriStart) return bad("Request-URI", uriStart);
  if (codes[uriEnd] !== 0x20) return bad("Request-URI", uriEnd);
  if (end - uriEnd !== 8 || !text.startsWith("SIP/2.0", uriEnd + 1)) {
    const fault = faultOfVersion(text.slice(uriEnd + 1, end), uriEnd + 1);
    if (fault) return fault;
  }
  return { kind: "request", method: text.slice(start, methodEnd), requestUri: text.slice(uriStart, uriEnd) };
}

/** A status line without the space before its empty reason is taken too. @spec rfc4475#3.1.1.13 */
function parseStatusLine(text: string, start: number, end: number): StartLine {
  const space = text.indexOf(" ", start);
  const versionEnd = space < 0 || space > end ? end : space;
  const isUsual = text.startsWith("SIP/2.0 ", start);
  const fault = isUsual ? undefined : faultOfVersion(text.slice(start, versionEnd), start);
  if (fault) return fault;
  const statusText = text.slice(versionEnd + 1, versionEnd + 4);
  const after = versionEnd + 4;
  if (!/^[1-6]\d\d$/.test(statusText) || (after < end && text.charCodeAt(after) !== 0x20) || after > end) {
    return bad("Status-Code", versionEnd + 1);
  }
  return { kind: "response", status: Number(statusText), reason: text.slice(after + 1, end) };
}

/** The version is read without regard to case. @spec rfc3261#7.1 @spec rfc4475#3.1.2.16 */
function faultOfVersion(version: string, offset: number): StartLine | undefined {
  if (/^SIP\/2\.0$/i.test(version)) return undefined;
  const isOther = /^SIP\/\d+\.\d+$/i.test(version);
  return bad(isOther ? "SIP-Version" : "start line", offset);
}

function bad(rule: string, offset: number): StartLine {
  return { kind: "malformed", rule, offset };
}
