import { z } from "zod";
import { event, request } from "./bus.js";
import { HeaderField, PagerMessage } from "./pager-message.js";
import { Invitation, SessionBody, SipLeg } from "./session.js";

/** One leg of a delivery: this message to that place. */
export const Leg = z.object({
  message: PagerMessage,
  /** Request-URI of the leg: the contact, or the address of record towards a core. */
  requestUri: z.string(),
  /** Route set of the leg: the binding's Path, or what a trusted core asked for. */
  route: z.array(z.string()),
  /** Send over this flow of the node, and over no other. Without it the edge resolves route or request URI (RFC 3263). */
  flowId: z.string().optional(),
  /** Whether the next hop is inside the trust domain: it gets P-Asserted-Identity. @spec GEN-06 */
  trusted: z.boolean(),
  /** Give up after so long: the delivery budget. */
  timeoutMs: z.number(),
});
export type Leg = z.output<typeof Leg>;

/** What became of a leg. `unreachable`: flow gone, connection refused, no address; `silent`: no final answer in time. */
export const LegOutcome = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("answered"),
    status: z.number(),
    reason: z.string(),
    /** Headers of the answer that matter upstream: Accept, Warning, Retry-After, Accept-Encoding. */
    headers: z.array(HeaderField),
  }),
  z.object({ kind: z.literal("silent") }),
  z.object({ kind: z.literal("unreachable"), reason: z.string() }),
]);
export type LegOutcome = z.output<typeof LegOutcome>;

/** Served by `sip-edge/src/handlers/send-pager-message.ts`, on the node that owns the flow. */
export const sendPagerMessage = request({
  subject: "im.sip-edge.{node}.v1.send-pager-message",
  queue: "sip-edge",
  timeoutMs: 33_000,
  input: Leg,
  output: LegOutcome,
});

/** Served by `sip-edge/src/handlers/forward-pager-message.ts` on any node: towards another network. @spec SC-08 */
export const forwardPagerMessage = request({
  subject: "im.sip-edge.v1.forward-pager-message",
  queue: "sip-edge",
  timeoutMs: 33_000,
  input: Leg,
  output: LegOutcome,
});

/** An INVITE of ours to one place, on behalf of a conversation. */
export const LegInvitation = z.object({
  /** The owner's name for the leg; unguessable. */
  leg: z.string(),
  conversation: z.string(),
  invitation: Invitation,
  /** In the place of the invitation's body, whose session description was anchored. */
  body: SessionBody.optional(),
  /** Request-URI of the leg: the contact, or the address of record towards a core or another network. */
  requestUri: z.string(),
  route: z.array(z.string()),
  flowId: z.string().optional(),
  /** Whether the next hop is inside the trust domain. @spec GEN-06 */
  trusted: z.boolean(),
  /** `outside`: to another network, by its configured route or RFC 3263. @spec SC-08 */
  towards: z.enum(["device", "outside"]),
  /** Give up ringing after so long. */
  ringMs: z.number(),
});
export type LegInvitation = z.output<typeof LegInvitation>;

/** How the INVITE of a leg ended. */
export const LegAnswer = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("accepted"),
    leg: SipLeg,
    contactParams: z.string(),
    headers: z.array(HeaderField),
    body: SessionBody.optional(),
  }),
  z.object({
    kind: z.literal("answered"),
    status: z.number(),
    reason: z.string(),
    headers: z.array(HeaderField),
  }),
  z.object({ kind: z.literal("cancelled") }),
  z.object({ kind: z.literal("silent") }),
  z.object({ kind: z.literal("unreachable"), reason: z.string() }),
]);
export type LegAnswer = z.output<typeof LegAnswer>;

/** Served by `sip-edge/src/handlers/invite-leg.ts`; answers when the INVITE has its final answer. @spec PF-06 */
export const inviteLeg = request({
  subject: "im.sip-edge.{node}.v1.invite-leg",
  queue: "sip-edge",
  timeoutMs: 190_000,
  input: LegInvitation,
  output: LegAnswer,
});

/** Served by `sip-edge/src/handlers/cancel-leg.ts`: an INVITE that has no final answer yet is cancelled with this Reason. @spec GEN-17 @spec GEN-40 */
export const cancelLeg = request({
  subject: "im.sip-edge.{node}.v1.cancel-leg",
  queue: "sip-edge",
  timeoutMs: 5_000,
  input: z.object({ leg: z.string(), reason: z.string().optional() }),
  output: z.object({}),
});

/** Served by `sip-edge/src/handlers/acknowledge-leg.ts`: the ACK with the answer, where the 2xx had the offer. @spec GEN-44 */
export const acknowledgeLeg = request({
  subject: "im.sip-edge.{node}.v1.acknowledge-leg",
  queue: "sip-edge",
  timeoutMs: 5_000,
  input: z.object({ leg: z.string(), body: SessionBody }),
  output: z.object({}),
});

/** Served by `sip-edge/src/handlers/progress-leg.ts`: a provisional answer to the INVITE of a caller. @spec PF-06 */
export const progressLeg = request({
  subject: "im.sip-edge.{node}.v1.progress-leg",
  queue: "sip-edge",
  timeoutMs: 5_000,
  input: z.object({ leg: z.string(), status: z.number(), reason: z.string() }),
  output: z.object({}),
});

/** Served by `sip-edge/src/handlers/send-in-dialog.ts`: re-INVITE, UPDATE, INFO, MESSAGE, REFER inside the dialog of a leg. @spec PF-10 */
export const sendInDialog = request({
  subject: "im.sip-edge.{node}.v1.send-in-dialog",
  queue: "sip-edge",
  timeoutMs: 34_000,
  input: z.object({
    leg: z.string(),
    method: z.string(),
    headers: z.array(HeaderField),
    body: SessionBody.optional(),
    timeoutMs: z.number(),
  }),
  output: z.discriminatedUnion("kind", [
    z.object({
      kind: z.literal("answered"),
      status: z.number(),
      reason: z.string(),
      headers: z.array(HeaderField),
      body: SessionBody.optional(),
    }),
    z.object({ kind: z.literal("silent") }),
    z.object({ kind: z.literal("unreachable"), reason: z.string() }),
    z.object({ kind: z.literal("no-such-leg") }),
  ]),
});

/** Served by `sip-edge/src/handlers/end-leg.ts`: BYE with this Reason; a leg that is not there is over. @spec PF-11 @spec GEN-17 */
export const endLeg = request({
  subject: "im.sip-edge.{node}.v1.end-leg",
  queue: "sip-edge",
  timeoutMs: 5_000,
  input: z.object({ leg: z.string(), reason: z.string().optional() }),
  output: z.object({}),
});

/** Served by `sip-edge/src/handlers/check-legs.ts`: which of these dialogs are not here (any more). */
export const checkLegs = request({
  subject: "im.sip-edge.{node}.v1.check-legs",
  queue: "sip-edge",
  timeoutMs: 2_000,
  input: z.object({ legs: z.array(z.string()) }),
  output: z.object({ incarnation: z.string(), missing: z.array(z.string()) }),
});

/**
 * Served by `sip-edge/src/handlers/renew-legs.ts`: a process still works on these legs, which have no final answer yet. The
 * answer tells which of them are not here (any more). A leg that nobody renews is given up within 10 s. @spec GEN-14 @spec PF-06
 */
export const renewLegs = request({
  subject: "im.sip-edge.{node}.v1.renew-legs",
  queue: "sip-edge",
  timeoutMs: 2_000,
  input: z.object({ legs: z.array(z.string()) }),
  output: z.object({ missing: z.array(z.string()) }),
});

/** A device that is being invited rings, or says how it goes on. Heard by the instance that invited it. */
export const legProgressed = event({
  subject: "im.sip-edge.v1.leg-progressed",
  fact: z.object({ conversation: z.string(), leg: z.string(), status: z.number(), reason: z.string() }),
});

/** A caller has given up before the final answer. Heard by the instance that handles the invitation. @spec GEN-40 */
export const inviteCancelled = event({
  subject: "im.sip-edge.v1.invite-cancelled",
  fact: z.object({ invitation: z.string(), reason: z.string().optional() }),
});
