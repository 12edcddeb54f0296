import { z } from "zod";
import { bytes } from "./bytes.js";
import { HeaderField, Sender, Warning } from "./pager-message.js";

/** A body as a SIP message carries it; `type` is the Content-Type value. */
export const SessionBody = z.object({ type: z.string(), content: bytes });
export type SessionBody = z.output<typeof SessionBody>;

/**
 * One SIP dialog of a conversation. The edge node keeps the dialog; whoever owns the conversation names it by this.
 * `incarnation` is another one after every start of the node: a leg of an earlier incarnation is gone.
 */
export const SipLeg = z.object({
  kind: z.literal("sip"),
  node: z.string(),
  incarnation: z.string(),
  leg: z.string(),
});
export type SipLeg = z.output<typeof SipLeg>;

/** One end that the deferred store holds in place of a user who is away. @spec DF-05 @spec DF-30 */
export const StoreLeg = z.object({
  kind: z.literal("store"),
  node: z.string(),
  incarnation: z.string(),
  leg: z.string(),
});
export type StoreLeg = z.output<typeof StoreLeg>;

/**
 * The callee's side while devices ring and the caller has an answer already: the process of `participating` that rings for
 * it. Each process has another name, so that its name is its incarnation.
 *
 * @spec PF-07
 */
export const RingingLeg = z.object({
  kind: z.literal("ringing"),
  node: z.string(),
  incarnation: z.string(),
  leg: z.string(),
});
export type RingingLeg = z.output<typeof RingingLeg>;

/** One side of a conversation. */
export const SessionLeg = z.discriminatedUnion("kind", [SipLeg, StoreLeg, RingingLeg]);
export type SessionLeg = z.output<typeof SessionLeg>;

/** The registration of a device that takes part in a conversation, which ends with it. @spec PF-11 */
export const RegisteredDevice = z.object({
  /** Canonical address of record. */
  aor: z.string(),
  contact: z.string(),
  instance: z.string().optional(),
  /** When the registration runs out, as far as was known when somebody looked last. */
  expiresAtMs: z.number(),
});
export type RegisteredDevice = z.output<typeof RegisteredDevice>;

/** Which side of a conversation: who sent the INVITE that began it, or who answered. */
export const Side = z.enum(["caller", "callee"]);
export type Side = z.output<typeof Side>;

/** Where the media of a conversation is anchored. @spec PF-08 */
export const Anchor = z.object({ node: z.string(), incarnation: z.string(), session: z.string() });
export type Anchor = z.output<typeof Anchor>;

/**
 * A session that is established, as live state keeps it. Everything that any instance needs to go on with it stands
 * here, so that none of them matters.
 *
 * @spec PF-03
 */
export const Conversation = z.object({
  id: z.string(),
  /** `large-message`: one message, then BYE. `retrieval`: the store gives what waits. @spec DF-03 */
  purpose: z.enum(["session", "large-message", "retrieval"]),
  /** Canonical addresses of record. */
  callerAor: z.string(),
  calleeAor: z.string(),
  caller: SessionLeg,
  callee: SessionLeg,
  /** Absent: the ends speak to each other directly. */
  anchor: Anchor.optional(),
  /** The session descriptions that each side gave last, as it wrote them: what a move to another anchor offers again. */
  descriptions: z.object({ caller: bytes, callee: bytes }),
  /** Absent, or without a side: nothing that ends with a registration. @spec PF-11 */
  devices: z.object({ caller: RegisteredDevice.optional(), callee: RegisteredDevice.optional() }).optional(),
  /** Somebody is taking an offer from one side to the other, until then at most: another offer has to wait. @spec GEN-15 */
  offering: z.object({ name: z.string(), untilMs: z.number() }).optional(),
  startedAtMs: z.number(),
});
export type Conversation = z.output<typeof Conversation>;

/** An INVITE outside of any dialog as it crosses the bus: headers read, the body untouched. */
export const Invitation = z.object({
  /** Ours, unique, sortable by time; becomes the conversation's id. */
  id: z.string(),
  requestUri: z.string(),
  /** Canonical address of record of the recipient. */
  recipient: z.string(),
  sender: Sender,
  /** The From and To header values, verbatim. Each leg has tags and Call-ID of its own. */
  from: z.string(),
  to: z.string(),
  maxForwards: z.number(),
  /** Privacy values of the request, lower case. @spec GEN-08 */
  privacy: z.array(z.string()),
  /** Feature parameters of its Contact (`+g.oma.sip-im`, `isfocus` …), as written. @spec GEN-09 @spec GEN-11 */
  contactParams: z.string(),
  /** Every other end-to-end header in order (Subject, Accept-Contact, Contribution-ID, Referred-By, unknown ones …). @spec PF-15 */
  headers: z.array(HeaderField),
  /** Absent: no offer; the other side makes one. @spec GEN-44 */
  body: SessionBody.optional(),
  receivedAtMs: z.number(),
  sizeBytes: z.number().optional(),
  transport: z.enum(["udp", "tcp", "tls", "ws", "wss"]).optional(),
  /** Where it is to go next when a trusted core named it (Route after ours). */
  route: z.array(z.string()),
  caller: SessionLeg,
  /** The caller's device: its Contact URI, and the flow by which its INVITE came to the node of `caller`. @spec PF-11 */
  device: z.object({ contact: z.string(), flowId: z.string() }).optional(),
});
export type Invitation = z.output<typeof Invitation>;

/** The final answer to an INVITE, initial or not. */
export const SessionAnswer = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("accepted"),
    conversation: z.string(),
    contactParams: z.string(),
    headers: z.array(HeaderField),
    body: SessionBody.optional(),
  }),
  z.object({
    kind: z.literal("refused"),
    status: z.number(),
    reason: z.string(),
    warning: Warning.optional(),
    retryAfterS: z.number().optional(),
    headers: z.array(HeaderField).optional(),
  }),
]);
export type SessionAnswer = z.output<typeof SessionAnswer>;
