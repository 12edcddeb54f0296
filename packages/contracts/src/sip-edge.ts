import { z } from "zod";
import { request } from "./bus.js";
import { HeaderField, PagerMessage } from "./pager-message.js";

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
