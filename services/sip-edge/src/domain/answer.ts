import { BusError, type HeaderField, type SessionAnswer, type Submission } from "@heliograph/contracts";
import { quoteString } from "@heliograph/sip";

/** What is to be answered on the transaction that waits: status, a reason that a person understands, header fields. */
export interface Answer {
  readonly status: number;
  readonly reason?: string;
  readonly headers?: readonly HeaderField[];
}

/** A use case that ends without an answer: none is due, or it would come too late. @spec GEN-37 */
export const silence = Symbol("silence");

/** How long a client should wait before it asks again when we are at our limit. @spec GEN-14 */
const retryAfterS = 5;

/** Overload, or a part of the service that cannot be reached for now. @spec GEN-14 @spec rfc3261#21.5.4 */
export function busy(reason: string): Answer {
  return { status: 503, reason, headers: [["Retry-After", String(retryAfterS)]] };
}

/** Something broke: not the client's fault, and nothing was accepted; the next time it may work. @spec GEN-14 @spec rfc3261#21.5.1 */
const broken: Answer = {
  status: 500,
  reason: "Server Internal Error",
  headers: [["Retry-After", String(retryAfterS)]],
};

/** For the server itself, where a request needs somebody. */
export const noUser: Answer = { status: 404, reason: "No User In The Request-URI" };

/** For a dialog that is none of ours, or is over. @spec GEN-39 @spec rfc3261#12.2.2 */
export const noDialog: Answer = { status: 481 };

/** Extensions that are required and not understood. @spec GEN-04 @spec rfc3261#8.2.2.3 */
export function badExtension(tags: readonly string[]): Answer {
  return { status: 420, headers: [["Unsupported", tags.join(", ")]] };
}

/** Asks for credentials. @spec GEN-31 @spec GEN-32 */
export function challengeBy(kind: "registrar" | "proxy", challenges: readonly string[]): Answer {
  const [status, name] = kind === "proxy" ? [407, "Proxy-Authenticate"] : [401, "WWW-Authenticate"];
  return { status, headers: challenges.map((challenge): HeaderField => [name, challenge]) };
}

/** What the participating function decided, as the sender reads it: a 2xx has no body and no Contact. @spec PF-54 @spec GEN-18 */
export function answerToSubmission(submission: Submission, host: string): Answer {
  if (submission.kind === "accepted") return { status: submission.status };
  return { ...answerToRefusal(submission, host), status: neverTimeout(submission.status) };
}

/** Why something was refused, in a form that clients look into: `399 host "code text"`. @spec GEN-18 */
export function answerToRefusal(refusal: Refusal, host: string): Answer {
  const headers: HeaderField[] = [...(refusal.headers ?? [])];
  const { warning, retryAfterS } = refusal;
  if (warning) headers.push(["Warning", `399 ${host} ${quoteString(`${warning.code} ${warning.text}`)}`]);
  if (retryAfterS !== undefined) headers.push(["Retry-After", String(retryAfterS)]);
  return { status: refusal.status, reason: refusal.reason, headers };
}

type Refusal = Extract<Submission | SessionAnswer, { readonly kind: "refused" }>;

/** Nothing was accepted, or nobody knows: never a 2xx. A part that is away comes back, so that asking again makes sense. @spec GEN-14 */
export function answerToFailure(cause: unknown): Answer {
  if (!(cause instanceof BusError)) return broken;
  switch (cause.failure) {
    case "no-responder":
    case "disconnected":
      return busy("Service Temporarily Unavailable");
    default:
      return broken;
  }
}

/**
 * The same inside a session, and for its INVITE: there a part that took too long has a status of its own.
 *
 * @spec GEN-14 @spec rfc3261#21.5.5 @spec R-sip-edge-13
 */
export function answerToSessionFailure(cause: unknown): Answer {
  return cause instanceof BusError && cause.failure === "timeout" ? { status: 504 } : answerToFailure(cause);
}

/** A 408 must not answer a request that is not an INVITE. @spec GEN-37 @spec rfc4320#4.2 */
function neverTimeout(status: number): number {
  return status === 408 ? 480 : status;
}
