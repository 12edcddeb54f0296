import { z } from "zod";
import { request } from "./bus.js";
import { bytes } from "./bytes.js";
import { HeaderField, PagerMessage, Submission } from "./pager-message.js";
import { Invitation, SessionAnswer, SessionBody } from "./session.js";

/** Served by `participating/src/handlers/originate-pager-message.ts`: the sender is a user that we serve. @spec PF-05 */
export const originatePagerMessage = request({
  subject: "im.participating.v1.originate-pager-message",
  queue: "participating",
  timeoutMs: 31_000,
  input: PagerMessage,
  output: Submission,
});

/** Served by `participating/src/handlers/terminate-pager-message.ts`: from another network or by a core's terminating trigger. @spec PF-02 */
export const terminatePagerMessage = request({
  subject: "im.participating.v1.terminate-pager-message",
  queue: "participating",
  timeoutMs: 31_000,
  input: PagerMessage,
  output: Submission,
});

/** Served by `participating/src/handlers/push-deferred-message.ts`: policy is looked at again first. @spec DF-34 @spec DF-35 */
export const pushDeferredMessage = request({
  subject: "im.participating.v1.push-deferred-message",
  queue: "participating",
  timeoutMs: 33_000,
  input: PagerMessage,
  output: z.discriminatedUnion("kind", [
    /** A device answered 2xx. */
    z.object({ kind: z.literal("delivered") }),
    /** No device could be reached: keep it, back off. */
    z.object({ kind: z.literal("unreachable"), reason: z.string() }),
    /** A device refused it for good, or policy forbids it now. */
    z.object({ kind: z.literal("refused"), status: z.number(), reason: z.string() }),
  ]),
});

export type PushReply = z.output<(typeof pushDeferredMessage)["output"]>;

/** Served by `participating/src/handlers/send-notification.ts`: an IMDN that one of our functions made; local or remote, deferred if need be. @spec DF-44 */
export const sendNotification = request({
  subject: "im.participating.v1.send-notification",
  queue: "participating",
  timeoutMs: 31_000,
  input: PagerMessage,
  output: Submission,
});

/** Served by `participating/src/handlers/originate-session.ts`: the caller is a user that we serve. Answers when the INVITE has its final answer. @spec PF-05 */
export const originateSession = request({
  subject: "im.participating.v1.originate-session",
  queue: "participating",
  timeoutMs: 200_000,
  input: Invitation,
  output: SessionAnswer,
});

/** Served by `participating/src/handlers/terminate-session.ts`: from another network or by a core's terminating trigger. @spec PF-06 */
export const terminateSession = request({
  subject: "im.participating.v1.terminate-session",
  queue: "participating",
  timeoutMs: 200_000,
  input: Invitation,
  output: SessionAnswer,
});

/** Served by `participating/src/handlers/take-acknowledgement.ts`: the ACK to a 200 that had the offer. @spec GEN-44 */
export const takeAcknowledgement = request({
  subject: "im.participating.v1.take-acknowledgement",
  queue: "participating",
  timeoutMs: 8_000,
  input: z.object({ conversation: z.string(), leg: z.string(), body: SessionBody.optional() }),
  output: z.object({}),
});

/** Served by `participating/src/handlers/relay-in-dialog.ts`: a request inside one leg, for the other one. @spec PF-10 */
export const relayInDialog = request({
  subject: "im.participating.v1.relay-in-dialog",
  queue: "participating",
  timeoutMs: 33_000,
  input: z.object({
    conversation: z.string(),
    leg: z.string(),
    method: z.string(),
    headers: z.array(HeaderField),
    body: SessionBody.optional(),
  }),
  output: z.object({
    status: z.number(),
    reason: z.string(),
    headers: z.array(HeaderField),
    body: SessionBody.optional(),
  }),
});

/** Served by `participating/src/handlers/leave-session.ts`: one leg is over, so the conversation is. @spec PF-11 */
export const leaveSession = request({
  subject: "im.participating.v1.leave-session",
  queue: "participating",
  timeoutMs: 8_000,
  input: z.object({
    conversation: z.string(),
    /** The leg that is over; absent where the conversation is to end on both sides. */
    leg: z.string().optional(),
    /** Reason value for the other side's BYE. @spec GEN-17 */
    reason: z.string().optional(),
  }),
  output: z.object({}),
});

/**
 * Served by `participating/src/handlers/check-conversations.ts`: which of these there are not (any more). An edge asks
 * for the legs that it keeps, a relay for its sessions: what belongs to a conversation that was never written down, because
 * its owner died, or that is forgotten, because live state was lost, would stay for ever.
 *
 * @spec PF-11
 */
export const checkConversations = request({
  subject: "im.participating.v1.check-conversations",
  queue: "participating",
  timeoutMs: 5_000,
  input: z.object({ conversations: z.array(z.string()) }),
  output: z.object({ missing: z.array(z.string()) }),
});

/** Served by `participating/src/handlers/check-ringing.ts` of one process: for which of these nobody rings (any more). @spec PF-07 */
export const checkRinging = request({
  subject: "im.participating.{node}.v1.check-ringing",
  queue: "participating",
  timeoutMs: 2_000,
  input: z.object({ legs: z.array(z.string()) }),
  output: z.object({ incarnation: z.string(), missing: z.array(z.string()) }),
});

/** Served by `participating/src/handlers/stop-ringing.ts` of one process: the devices that ring for a leg hear CANCEL. @spec PF-07 @spec GEN-40 */
export const stopRinging = request({
  subject: "im.participating.{node}.v1.stop-ringing",
  queue: "participating",
  timeoutMs: 5_000,
  input: z.object({
    leg: z.string(),
    /** Reason value for the CANCEL. @spec GEN-17 */
    reason: z.string().optional(),
  }),
  output: z.object({}),
});

/**
 * Served by `participating/src/handlers/push-large-message.ts`: invites the owner's devices on behalf of the deferred
 * store, whose offer this is; policy is looked at again first. @spec DF-34 @spec DF-35
 */
export const pushLargeMessage = request({
  subject: "im.participating.v1.push-large-message",
  queue: "participating",
  timeoutMs: 200_000,
  input: z.object({ invitation: Invitation, sizeBytes: z.number() }),
  output: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("answered"), conversation: z.string(), answer: bytes }),
    z.object({ kind: z.literal("unreachable"), reason: z.string() }),
    z.object({ kind: z.literal("refused"), status: z.number(), reason: z.string() }),
  ]),
});
export type LargePushReply = z.output<(typeof pushLargeMessage)["output"]>;
