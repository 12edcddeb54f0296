import { err, ok, type Result } from "@heliograph/kernel";
import { answerableRequest } from "./answerable-request.js";
import { offsetOfBareControl } from "./bare-control.js";
import { skipSpace } from "./char-class.js";
import { codesOf } from "./codes.js";
import { decodeOctets, decodeUtf8 } from "./decode-text.js";
import { readEssentials } from "./essential-fields.js";
import { faultReasonOf, faultStatusOf } from "./fault-reason.js";
import { type FieldFault, FieldReader } from "./field-reader.js";
import { HeadScanner } from "./head-scanner.js";
import type { HeaderList } from "./header-list.js";
import { slotted } from "./header-name.js";
import type { Malformed } from "./malformed.js";
import type { MalformedMessage } from "./malformed-message.js";
import { readBody } from "./message-body.js";
import { defaultParseLimits, type ParseLimits } from "./parse-limits.js";
import type { Essentials } from "./sip-message.js";
import { SipRequest } from "./sip-request.js";
import { SipResponse } from "./sip-response.js";
import { parseStartLine, type StartLine } from "./start-line.js";
import { parseUri } from "./uri.js";

/** How the end of a message is known. @spec rfc3261#18.3 @spec rfc7118#5 */
export type Framing = "datagram" | "stream" | "websocket";

/** A fault, and what to answer to it where its rule alone does not say. */
interface Fault extends FieldFault {
  readonly status?: number;
}

const scanner = new HeadScanner();
const reader = new FieldReader();

/**
 * Reads the message that `bytes` are. The body is a view of them. What is malformed comes back as a value; with it,
 * where that is possible, a request that `createResponse` can answer.
 *
 * @spec rfc3261#7 @spec rfc3261#18.3
 */
export function parseMessage(
  bytes: Uint8Array,
  options: { readonly limits?: Partial<ParseLimits>; readonly framing: Framing },
): Result<SipRequest | SipResponse, MalformedMessage> {
  const limits = options.limits ? completed(options.limits) : defaultParseLimits;
  const parsed = parse(bytes, options.framing, limits);
  return parsed.ok ? parsed : err(explain(parsed.error, bytes, limits));
}

const completedLimits = new WeakMap<Partial<ParseLimits>, ParseLimits>();

/** All limits, put together once for each object that says some of them. */
function completed(some: Partial<ParseLimits>): ParseLimits {
  const known = completedLimits.get(some);
  if (known) return known;
  const limits = { ...defaultParseLimits, ...some };
  completedLimits.set(some, limits);
  return limits;
}

function parse(
  bytes: Uint8Array,
  framing: Framing,
  limits: ParseLimits,
): Result<SipRequest | SipResponse, Fault> {
  if (bytes.length > limits.maxMessageBytes) return err({ rule: "message size", offset: 0 });
  const scanFault = scanner.scan(bytes, limits);
  if (scanFault) return err(scanFault);
  const head = decodeHead(bytes);
  if (!head.ok) return head;
  const text = head.value;
  // A copy of the codes, because other texts are read meanwhile.
  const codes = scanner.isAscii ? bytes : codesOf(text).slice(0, text.length);
  const line = parseStartLine(text, codes, scanner.starts[0] ?? 0, scanner.ends[0] ?? 0);
  if (line.kind === "malformed") return err(line);
  const headers = reader.read(text, codes, scanner);
  if (!headers.ok) return headers;
  const known = readEssentials(reader, headers.value);
  if (!known.ok) return err(atField(known.error, text));
  const stated = reader.firstOf(contentLength);
  const body = readBody(bytes, scanner.bodyStart, { stated, isStream: framing === "stream", limits });
  if (!body.ok) return err(atField(body.error, text));
  return compose(line, headers.value, known.value, body.value);
}

const contentLength = slotted.indexOf("content-length");

/** The head as text, its line breaks where the scanner says. @spec R-sip-7 */
function decodeHead(bytes: Uint8Array): Result<string, Fault> {
  let text: string;
  if (scanner.isAscii) text = decodeOctets(bytes, 0, scanner.bodyStart);
  else {
    const decoded = decodeUtf8(bytes.subarray(0, scanner.bodyStart));
    if (decoded === undefined) return err({ rule: "UTF-8", offset: 0 });
    text = decoded;
    scanner.countCharacters(bytes);
  }
  if (!scanner.hasControls) return ok(text);
  const control = offsetOfBareControl(text);
  return control < 0 ? ok(text) : err({ rule: "control character", offset: control });
}

function compose(
  line: Exclude<StartLine, { kind: "malformed" }>,
  headers: HeaderList,
  known: Essentials,
  body: Uint8Array,
): Result<SipRequest | SipResponse, Fault> {
  if (line.kind === "response") return ok(new SipResponse(line, headers, body, known));
  if (known.cseq.method !== line.method) {
    return err({
      rule: "CSeq mismatch",
      offset: 0,
      header: "cseq",
      status: methods.has(line.method) ? 400 : 501,
    });
  }
  const uri = parseUri(line.requestUri);
  if (!uri.ok) return err(atUri(uri.error, line.method));
  if ((uri.value.scheme === "sip" || uri.value.scheme === "sips") && uri.value.headers !== "") {
    return err(atUri({ rule: "Request-URI headers", offset: line.requestUri.indexOf("?") }, line.method));
  }
  const { method, requestUri } = line;
  return ok(new SipRequest({ method, requestUri, uri: uri.value }, headers, body, known));
}

/** The methods of the RFCs: a mismatch under another name may be the rule of an extension. @spec rfc4475#3.1.2.18 */
const methods = new Set(
  "ACK BYE CANCEL INFO INVITE MESSAGE NOTIFY OPTIONS PRACK PUBLISH REFER REGISTER SUBSCRIBE UPDATE".split(
    " ",
  ),
);

function atUri(fault: Malformed, method: string): Fault {
  return { rule: fault.rule, offset: (scanner.starts[0] ?? 0) + method.length + 1 + fault.offset };
}

/** Moves the offset of a fault from the field's value to the message. */
function atField(fault: Fault, text: string): Fault {
  const slot = slotted.findIndex((key) => key === fault.header);
  const line = slot < 0 ? 0 : reader.lineOf(slot);
  if (line === 0) return fault;
  const start = scanner.starts[line] ?? 0;
  return { ...fault, offset: skipSpace(text, text.indexOf(":", start) + 1) + fault.offset };
}

function explain(fault: Fault, bytes: Uint8Array, limits: ParseLimits): MalformedMessage {
  const { rule, offset, header } = fault;
  const answerable = answerableRequest(bytes, limits);
  return {
    rule,
    offset,
    ...(header !== undefined && { header }),
    status: fault.status ?? faultStatusOf(rule),
    reason: faultReasonOf(fault),
    ...(answerable && { answerable }),
  };
}
