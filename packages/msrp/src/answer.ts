import { type ByteRange, formatByteRange } from "./byte-range.js";
import type { Field, OutgoingRequest, OutgoingResponse } from "./format-chunk.js";
import type { Answerable, FailureReport, RequestHead } from "./head.js";
import type { Ident } from "./ident.js";
import type { Send } from "./send.js";
import { phraseOf } from "./status.js";

/** @spec rfc4975#7.2 @spec rfc4975#7.1.4 @spec MS-08 */
const answersSend: Readonly<Record<FailureReport, (status: number) => boolean>> = {
  yes: () => true,
  partial: (status) => status >= 300,
  no: () => false,
};

/** Whether a request is answered with the status. Nothing ever answers a REPORT. @spec rfc4975#7.1.2 @spec MS-03 @spec MS-08 */
export function isAnswered({ method, failureReport }: Answerable, status: number): boolean {
  if (method === "REPORT") return false;
  return method === "SEND" ? answersSend[failureReport](status) : true;
}

/** What to answer with. */
export interface AnswerParts {
  readonly status: number;
  readonly comment?: string;
  /** Our own URI in the session. */
  readonly from: string;
  readonly fields?: readonly Field[];
}

/**
 * The response to a request, undefined when it gets none. That to a SEND goes one hop back, every other the whole way.
 *
 * @spec rfc4975#7.2
 * @spec MS-08
 * @spec MS-49
 */
export function createResponse(request: Answerable, parts: AnswerParts): OutgoingResponse | undefined {
  const { status, from, fields } = parts;
  if (!isAnswered(request, status)) return undefined;
  return {
    tid: request.tid,
    status,
    comment: parts.comment ?? phraseOf(status),
    toPath: request.method === "SEND" ? request.fromPath.slice(0, 1) : request.fromPath,
    fromPath: [from],
    ...(fields ? { fields } : {}),
  };
}

/** What to report of. */
export interface ReportParts {
  readonly tid: Ident;
  /** Our own URI in the session. */
  readonly from: string;
  readonly status: number;
  readonly comment?: string;
  /** What was really received, or not. */
  readonly byteRange: ByteRange;
}

/**
 * The REPORT on a SEND, undefined when none is wanted: success to who asked for it, failure to who did not ask for
 * silence. It goes the whole way back.
 *
 * @spec rfc4975#7.1.2
 * @spec rfc4975#7.1.3
 * @spec rfc4975#7.1.4
 * @spec MS-08
 * @spec MS-49
 */
export function createReport(
  head: RequestHead,
  send: Send,
  { tid, from, status, comment = phraseOf(status), byteRange }: ReportParts,
): OutgoingRequest | undefined {
  const isWanted = status < 300 ? send.wantsSuccessReport : send.failureReport !== "no";
  if (!isWanted) return undefined;
  return {
    tid,
    method: "REPORT",
    toPath: head.fromPath,
    fromPath: [from],
    fields: [
      ["Message-ID", send.messageId],
      ["Byte-Range", formatByteRange(byteRange)],
      ["Status", `000 ${String(status).padStart(3, "0")}${comment === undefined ? "" : ` ${comment}`}`],
    ],
    content: undefined,
  };
}

/** The SEND that binds a connection, or keeps one alive: it has no body and is never rendered. @spec rfc4975#5.4 @spec MS-14 @spec MS-16 */
export function createBodilessSend(parts: {
  readonly tid: Ident;
  readonly messageId: Ident;
  readonly toPath: readonly string[];
  readonly from: string;
}): OutgoingRequest {
  const { tid, messageId, toPath, from } = parts;
  const fields: Field[] = [
    ["Message-ID", messageId],
    ["Byte-Range", "1-0/0"],
  ];
  return { tid, method: "SEND", toPath, fromPath: [from], fields, content: undefined };
}
