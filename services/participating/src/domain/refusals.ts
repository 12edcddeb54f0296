import type { HeaderField, SessionAnswer, Submission, Warning } from "@heliograph/contracts";

/** A refusal as the sender hears it. */
interface Refusal {
  readonly status: number;
  readonly reason: string;
  readonly warning?: Warning;
  readonly retryAfterS?: number;
}

const notAuthorised = { code: "127", text: "Service not authorised" };
const notAllowed = { code: "122", text: "Function not allowed" };
const noMedia = { code: "304", text: "Media type not available" };
const sizeExceeded = { code: "133", text: "Size exceeded" };

/**
 * Every reason for which a message is refused, and what its sender is told. A status is right without the Warning.
 *
 * @spec GEN-18 @spec PF-12 @spec PF-20 @spec PF-21 @spec PF-22 @spec PF-23 @spec PF-24 @spec PF-25 @spec PF-33 @spec PF-43
 * @spec R-participating-1 @spec R-participating-2
 */
export const refusals = {
  "malformed-cpim": { status: 400, reason: "The message/cpim body is malformed" },
  "corrupt-encoding": { status: 400, reason: "The body is not what its Content-Encoding says" },
  "inflated-too-large": { status: 413, reason: "The body is too large once decoded", warning: sizeExceeded },
  "sender-not-provisioned": {
    status: 403,
    reason: "You are not provisioned for messages",
    warning: notAuthorised,
  },
  "sender-barred": { status: 403, reason: "Your account is barred", warning: notAuthorised },
  "sender-function-off": { status: 403, reason: "Messages are switched off for you", warning: notAllowed },
  "recipient-not-provisioned": {
    status: 403,
    reason: "The recipient does not take messages",
    warning: notAuthorised,
  },
  "recipient-barred": { status: 403, reason: "The recipient cannot be reached" },
  "recipient-function-off": {
    status: 403,
    reason: "The recipient has messages switched off",
    warning: notAllowed,
  },
  "version-not-supported": {
    status: 403,
    reason: "This client version is not supported",
    warning: { code: "132", text: "Version not supported" },
  },
  "too-large": { status: 513, reason: "The message is too large for pager mode", warning: sizeExceeded },
  "too-large-for-udp": {
    status: 513,
    reason: "The message is too large for UDP: send it over TCP, TLS or WebSocket",
    warning: sizeExceeded,
  },
  "content-type": { status: 415, reason: "This type of content is not allowed here" },
  "anonymity-not-allowed": {
    status: 403,
    reason: "The recipient takes no anonymous messages",
    warning: { code: "119", text: "Anonymity not allowed" },
  },
  "unknown-user": { status: 404, reason: "There is no such user" },
  "rate-limited": { status: 503, reason: "You are sending too fast", retryAfterS: 1 },
  "sender-pending": { status: 403, reason: "Too many of your messages are under way", warning: notAllowed },
  "recipient-pending": { status: 486, reason: "Too many messages to this user are under way" },
  "offline-storage-off": {
    status: 480,
    reason: "The recipient is not reachable and keeps no messages",
    warning: { code: "191", text: "Deferred messaging not allowed" },
  },
  "composing-not-stored": {
    status: 480,
    reason: "The recipient is not reachable; a composition status is not kept",
  },
  "quota-full": {
    status: 480,
    reason: "The recipient is not reachable and has no room for more messages",
    warning: { code: "190", text: "Deferred message quota exceeded" },
  },
  expired: { status: 480, reason: "The message expired before it could be delivered" },
  busy: { status: 486, reason: "The recipient is busy" },
  "network-silent": { status: 480, reason: "The recipient's network did not take the message" },
  "device-forbade": { status: 403, reason: "The recipient declined" },
  "device-gone": { status: 404, reason: "The recipient's device does not know this user" },
  "device-unable": { status: 403, reason: "The recipient's device does not take this" },
  "device-unsupported": { status: 415, reason: "The recipient's devices do not take this type of content" },
  "device-too-large": {
    status: 413,
    reason: "The message is too large for the recipient's device",
    warning: sizeExceeded,
  },
  "device-not-acceptable": { status: 488, reason: "The recipient's devices do not accept this message" },
  "device-refused": { status: 400, reason: "The recipient's device refused the message" },
  "malformed-body": { status: 400, reason: "The body is malformed" },
  "malformed-description": { status: 400, reason: "The session description is malformed" },
  "body-type": { status: 415, reason: "This type of body begins no session" },
  "no-message-session": { status: 488, reason: "No message session is offered", warning: noMedia },
  "altered-offer": { status: 488, reason: "The address of the media does not match their path" },
  "size-exceeded": { status: 403, reason: "What is to be sent is too large", warning: sizeExceeded },
  "caller-sessions": { status: 403, reason: "You have too many sessions", warning: notAllowed },
  "callee-sessions": { status: 486, reason: "The recipient has too many sessions" },
  "no-session-device": { status: 480, reason: "The recipient is not reachable for sessions" },
  unanswered: { status: 480, reason: "The recipient did not answer" },
  cancelled: { status: 487, reason: "Request Terminated" },
  stopping: { status: 503, reason: "The service is being restarted", retryAfterS: 1 },
  "media-refused": { status: 488, reason: "The media are not acceptable here" },
  "media-unavailable": { status: 503, reason: "The media cannot be carried now", retryAfterS: 5 },
  "answer-unusable": { status: 488, reason: "The recipient's answer is of no use" },
  "nothing-stored": { status: 480, reason: "Nothing waits for you" },
  "no-such-reference": { status: 404, reason: "No such message waits for you" },
  "not-owner": { status: 403, reason: "This message waits for somebody else" },
  "no-relay": { status: 403, reason: "Notifications are not relayed between other networks" },
  merged: { status: 482, reason: "The same message is being handled already" },
  "not-an-imdn": { status: 403, reason: "This address takes disposition notifications only" },
  "store-failed": {
    status: 500,
    reason: "The message could not be stored; please send it again",
    retryAfterS: 5,
  },
  broken: { status: 500, reason: "The message could not be handled; please send it again", retryAfterS: 5 },
} as const satisfies Record<string, Refusal>;

/** Names a reason; low in number, so that it can label a counter. */
export type RefusalName = keyof typeof refusals;

/** What only this one refusal has to say. */
export interface RefusalDetails {
  readonly retryAfterS?: number;
  readonly headers?: readonly HeaderField[];
  /** Added to the reason, in brackets. */
  readonly because?: string;
  /** A status that a device, or the relay, chose and that is passed on. */
  readonly status?: number;
  readonly warning?: Warning;
}

/** The answer for a refused message or session. */
export type RefusalAnswer = Extract<Submission & SessionAnswer, { kind: "refused" }>;

/** What its sender is told of a reason. */
export function toSubmission(name: RefusalName, details: RefusalDetails = {}): RefusalAnswer {
  const refusal: Refusal = refusals[name];
  const retryAfterS = details.retryAfterS ?? refusal.retryAfterS;
  const warning = details.warning ?? refusal.warning;
  return {
    kind: "refused",
    status: details.status ?? refusal.status,
    reason: details.because === undefined ? refusal.reason : `${refusal.reason} (${details.because})`,
    ...(warning && { warning }),
    ...(retryAfterS !== undefined && { retryAfterS }),
    ...(details.headers && { headers: [...details.headers] }),
  };
}
