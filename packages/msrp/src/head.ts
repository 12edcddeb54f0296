import type { FieldList } from "./field-list.js";
import type { Ident } from "./ident.js";
import type { Malformed } from "./malformed.js";

/** Ends a chunk: the last, more to come, or given up. @spec rfc4975#7.1 @spec MS-01 */
export type ContinuationFlag = "$" | "+" | "#";

/** What stands before the body of a request. @spec rfc4975#9 */
export interface RequestHead extends Answerable {
  readonly kind: "request";
  /** As written. */
  readonly toPath: readonly string[];
  readonly fields: FieldList;
  /** A body may be there and empty. @spec MS-02 */
  readonly hasBody: boolean;
  /** All after the paths as it was read, CRLF after every line: what a relay carries on. */
  readonly rest: string;
}

/** What an answer is made from. */
export interface Answerable {
  readonly tid: Ident;
  /** In capitals: SEND, REPORT, AUTH, NICKNAME or another. */
  readonly method: string;
  readonly fromPath: readonly string[];
  /** Absent is `yes`. @spec MS-08 */
  readonly failureReport: FailureReport;
}

/** Which answers to a request are wanted. @spec rfc4975#7.1.4 @spec MS-08 */
export type FailureReport = "yes" | "partial" | "no";

/** A response has no body. @spec rfc4975#9 */
export interface ResponseHead {
  readonly kind: "response";
  readonly tid: Ident;
  readonly status: number;
  readonly comment: string | undefined;
  readonly toPath: readonly string[];
  readonly fromPath: readonly string[];
  readonly fields: FieldList;
  readonly rest: string;
}

/** A head. */
export type Head = RequestHead | ResponseHead;

/** What is wrong with a head. */
export interface MalformedHead extends Malformed {
  /** What the start line says, where it says it: enough to find the end of the chunk. */
  readonly frame: Frame | undefined;
  /** Whom to answer; nobody where it is a response, or does not say from where it is. @spec MS-03 */
  readonly answerable: Answerable | undefined;
}

/** A chunk whose end can be found. */
export interface Frame {
  readonly kind: "request" | "response";
  readonly tid: Ident;
}
