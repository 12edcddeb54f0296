import { err, ok, type Result } from "@heliograph/kernel";
import { type ByteRange, parseByteRange } from "./byte-range.js";
import type { FieldList } from "./field-list.js";
import type { FailureReport, RequestHead } from "./head.js";
import { type Ident, parseIdent } from "./ident.js";
import type { Malformed } from "./malformed.js";

/** What a SEND says of its chunk. @spec rfc4975#7.1.1 */
export interface Send {
  readonly messageId: Ident;
  /** Undefined: the first chunk. */
  readonly byteRange: ByteRange | undefined;
  readonly failureReport: FailureReport;
  /** Absent is no. @spec MS-08 */
  readonly wantsSuccessReport: boolean;
  /** Undefined: no body, nothing to render. @spec MS-16 */
  readonly contentType: string | undefined;
}

/** Reads the fields of a SEND. @spec rfc4975#7.1.1 @spec MS-07 @spec MS-08 */
export function readSend({ fields, failureReport, hasBody }: RequestHead): Result<Send, Malformed> {
  const messageId = readMessageId(fields);
  if (!messageId.ok) return messageId;
  const range = readByteRange(fields);
  if (!range.ok) return range;
  const success = (fields.get("Success-Report") ?? "no").toLowerCase();
  if ((success !== "yes" && success !== "no") || fields.isRepeated("Success-Report"))
    return err({ rule: "Success-Report", offset: 0 });
  return ok({
    messageId: messageId.value,
    byteRange: range.value,
    failureReport,
    wantsSuccessReport: success === "yes",
    contentType: hasBody ? fields.get("Content-Type") : undefined,
  });
}

/** What became of octets that we sent. @spec rfc4975#7.1.2 */
export interface Report {
  readonly messageId: Ident;
  /** Undefined: the whole message. */
  readonly byteRange: ByteRange | undefined;
  /** `000` is that of RFC 4975; others are not ours to understand. @spec MS-10 */
  readonly namespace: string;
  readonly status: number;
  readonly comment: string | undefined;
}

/** Reads the fields of a REPORT. One that is malformed is dropped, as nothing answers a REPORT. @spec rfc4975#7.1.2 @spec MS-03 */
export function readReport({ fields }: RequestHead): Result<Report, Malformed> {
  const messageId = readMessageId(fields);
  if (!messageId.ok) return messageId;
  const range = readByteRange(fields);
  if (!range.ok) return range;
  const [whole, namespace = "", code, comment] =
    /^(\d{3}) (\d{3})(?: (.*))?$/.exec(fields.get("Status") ?? "") ?? [];
  if (whole === undefined || fields.isRepeated("Status")) return err({ rule: "Status", offset: 0 });
  return ok({
    messageId: messageId.value,
    byteRange: range.value,
    namespace,
    status: Number(code),
    comment,
  });
}

function readMessageId(fields: FieldList): Result<Ident, Malformed> {
  const messageId = parseIdent(fields.get("Message-ID") ?? "");
  const isGood = messageId !== undefined && !fields.isRepeated("Message-ID");
  return isGood ? ok(messageId) : err({ rule: "Message-ID", offset: 0 });
}

function readByteRange(fields: FieldList): Result<ByteRange | undefined, Malformed> {
  const text = fields.get("Byte-Range");
  if (text === undefined) return ok(undefined);
  return fields.isRepeated("Byte-Range") ? err({ rule: "Byte-Range", offset: 0 }) : parseByteRange(text);
}
