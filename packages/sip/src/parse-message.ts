import { err, ok, type Result } from "@heliograph/kernel";
import { skip, tokenChar } from "./char-class.js";
import { parseCSeq } from "./cseq.js";
import { HeaderList } from "./header-list.js";
import type { Malformed } from "./malformed.js";
import type { MalformedMessage } from "./malformed-message.js";
import { parseNameAddr } from "./name-addr.js";
import { defaultParseLimits, type ParseLimits } from "./parse-limits.js";
import type { Essentials } from "./sip-message.js";
import { SipRequest } from "./sip-request.js";
import { SipResponse } from "./sip-response.js";
import { splitList } from "./split-list.js";
import { parseVia } from "./via.js";

/** How the end of a message is known. @spec rfc3261#18.3 @spec rfc7118#5 */
export type Framing = "datagram" | "stream" | "websocket";

/** Reads the message that `bytes` are. */
export function parseMessage(
  bytes: Uint8Array,
  options: { readonly limits?: Partial<ParseLimits>; readonly framing: Framing } = { framing: "datagram" },
): Result<SipRequest | SipResponse, MalformedMessage> {
  const limits = { ...defaultParseLimits, ...options.limits };
  const bad = (rule: string, offset: number, reason = rule) => err({ rule, offset, status: 400, reason });
  if (bytes.length > limits.maxMessageBytes) return bad("message-size", 0);
  const head = new TextDecoder("latin1").decode(bytes).indexOf("\r\n\r\n");
  if (head < 0) return bad("CRLF", bytes.length, "no empty line after the header fields");
  const lines = new TextDecoder().decode(bytes.subarray(0, head)).replace(/\r\n[ \t]+/g, " ").split("\r\n");
  const fields: [string, string][] = [];
  for (const line of lines.slice(1)) {
    const nameEnd = skip(line, 0, line.length, tokenChar);
    const colon = line.indexOf(":");
    if (nameEnd === 0 || line.slice(nameEnd, colon).trim() !== "") return bad("header-name", 0);
    fields.push([line.slice(0, nameEnd), line.slice(colon + 1).trim()]);
  }
  const headers = HeaderList.of(fields);
  const known = readEssentials(headers);
  if (!known.ok) return bad(known.error.rule, known.error.offset);
  const body = bytes.subarray(head + 4);
  const line = lines[0] ?? "";
  const status = /^SIP\/2\.0 (\d{3}) (.*)$/.exec(line);
  if (status) return ok(new SipResponse({ status: Number(status[1]), reason: status[2] ?? "" }, headers, body, known.value));
  const request = /^(\S+) (\S+) SIP\/2\.0$/.exec(line);
  if (!request) return bad("Request-Line", 0);
  return ok(new SipRequest({ method: request[1] ?? "", requestUri: request[2] ?? "" }, headers, body, known.value));
}

function readEssentials(headers: HeaderList): Result<Essentials, Malformed> {
  const via = parseVia(splitList(headers.get("via") ?? "")[0] ?? "");
  if (!via.ok) return via;
  const from = parseNameAddr(headers.get("from") ?? "");
  if (!from.ok) return from;
  const to = parseNameAddr(headers.get("to") ?? "");
  if (!to.ok) return to;
  const cseq = parseCSeq(headers.get("cseq") ?? "");
  if (!cseq.ok) return cseq;
  return ok({ via: via.value, from: from.value, to: to.value, cseq: cseq.value });
}
