import { unreachable } from "@heliograph/kernel";
import type { Ident } from "@heliograph/msrp";
import { MessageRefused, type SendOutcome } from "@heliograph/msrp-stack";
import type { Sent } from "../sent.js";
import { imTag, largeMessageTag } from "./invitation-kind.js";
import { notAllowed } from "./not-allowed.js";
import { OneWayCall } from "./one-way-call.js";
import { type Placed, placeCall } from "./place-call.js";
import type { Call } from "./call.js";
import { largeMessageAccepts, type SessionContext } from "./session-context.js";

/** A message that does not fit into a MESSAGE. */
export interface LargeMessage {
  readonly to: string;
  readonly messageId: Ident;
  readonly contentType: string;
  readonly body: Uint8Array;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

const ringMs = 60_000;
/** A broken transfer begins anew, with the same Message-ID. @spec MS-47 */
const mostAttempts = 3;

/**
 * Sends one message in a session of its own: INVITE with the large-message feature and the size, one message that
 * the far end reports, BYE.
 *
 * @spec CL-11
 */
export async function sendLargeMessage(context: SessionContext, message: LargeMessage): Promise<Sent> {
  for (let attempt = 1; ; attempt += 1) {
    const { placed, call } = await place(context, message);
    if (placed.kind !== "established") return notSent(placed, call.callId);
    const outcome = await send(placed.begun, call, message);
    if (outcome.kind !== "lost" || attempt === mostAttempts) {
      return sentBy(outcome, message.messageId, call.callId);
    }
  }
}

async function send(call: Call, { line }: OneWayCall, message: LargeMessage): Promise<SendOutcome> {
  const { contentType, body, messageId } = message;
  const outcome = await line.send({ contentType, body, messageId, wantsSuccessReport: true });
  await call.bye(`SIP;cause=200;text="Call completed"`);
  return outcome;
}

async function place(
  context: SessionContext,
  { to, body, contentType, headers }: LargeMessage,
): Promise<{ readonly placed: Placed<Call>; readonly call: OneWayCall }> {
  const call = new OneWayCall(context, await context.ends(), {
    direction: "sendonly",
    accepts: largeMessageAccepts(context.limits),
    take: () => Promise.reject(new MessageRefused(403, "Nothing is taken here")),
    file: {
      selector: { size: body.length, type: contentType, hashes: [] },
      transferId: context.chance.token(24),
    },
  });
  const placed = await placeCall(context, {
    media: call.media,
    line: () => call.section(context.transport),
    invite: (offer) => ({
      to,
      contactParams: `;${imTag};${largeMessageTag}`,
      headers: [["Accept-Contact", `*;${largeMessageTag};require;explicit`], ...headers],
      contentType: "application/sdp",
      body: offer,
      ringMs,
    }),
    begin: (dialog) => call.begin(dialog),
  });
  return { placed, call };
}

function notSent(placed: Exclude<Placed<Call>, { kind: "established" }>, callId: string): Sent {
  switch (placed.kind) {
    case "refused":
      return { ...placed, callId };
    case "unreachable":
      return { ...placed, callId };
    case "silent":
      return { kind: "unreachable", reason: "no answer", callId };
    case "cancelled":
      return { kind: "unreachable", reason: "cancelled", callId };
    default:
      return unreachable(placed);
  }
}

function sentBy(outcome: SendOutcome, messageId: string, callId: string): Sent {
  switch (outcome.kind) {
    case "done":
      return { kind: "accepted", status: 200, messageId, callId };
    case "refused":
      return { kind: "refused", status: outcome.status, reason: outcome.comment ?? "", callId };
    case "not-allowed":
      return { kind: "refused", ...notAllowed[outcome.why], callId };
    case "lost":
      return { kind: "unreachable", reason: outcome.reason, callId };
    default:
      return unreachable(outcome);
  }
}
