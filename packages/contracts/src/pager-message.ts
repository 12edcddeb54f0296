import { z } from "zod";
import { bytes } from "./bytes.js";

/** A header field: its name as it was written, but never in a compact form, its value unfolded and otherwise verbatim. */
export const HeaderField = z.tuple([z.string(), z.string()]);
export type HeaderField = z.output<typeof HeaderField>;

/**
 * Who sent a message, as the edge established it (From is never trusted).
 * `local`: authenticated here, or asserted by a trusted core, and one of our users.
 * `trusted`: asserted by a peer inside the trust domain. `claimed`: a neighbour's word for one of its own users.
 *
 * @spec GEN-06
 */
export const Sender = z.object({
  kind: z.enum(["local", "trusted", "claimed", "system"]),
  /** Canonical address of record (`aorOf` of `@heliograph/sip`). */
  aor: z.string(),
  /** P-Asserted-Identity values that go with the message inside the trust domain: at most one sip(s) and one tel. @spec GEN-07 */
  asserted: z.array(z.string()),
});
export type Sender = z.output<typeof Sender>;

/** A pager-mode MESSAGE as it crosses the bus: headers already read, the body untouched. */
export const PagerMessage = z.object({
  /** Ours, unique, sortable by time; names the message in logs, traces and the store. */
  id: z.string(),
  /** As received, after our own Route was popped and a domain alias was resolved. */
  requestUri: z.string(),
  /** Canonical address of record of the recipient. */
  recipient: z.string(),
  sender: Sender,
  /** The From and To header values, verbatim, tags included: they and `callId`, `cseq` are kept on the way to the device. */
  from: z.string(),
  to: z.string(),
  callId: z.string(),
  cseq: z.number(),
  maxForwards: z.number(),
  /** Privacy values of the request, lower case. @spec GEN-08 */
  privacy: z.array(z.string()),
  contentType: z.string().optional(),
  /** Every other end-to-end header in order (Subject, Date, Expires, Accept-Contact, Content-Encoding, unknown ones …). @spec PF-15 */
  headers: z.array(HeaderField),
  body: bytes,
  receivedAtMs: z.number(),
  /** The whole request as it arrived, without the credentials that ended here. Absent: not known, the body counts alone. @spec PF-23 */
  sizeBytes: z.number().optional(),
  /** What it arrived over; absent for what one of our functions made. */
  transport: z.enum(["udp", "tcp", "tls", "ws", "wss"]).optional(),
  /** Where it is to go next when a trusted core named it (Route after ours); empty: we look the recipient up. */
  route: z.array(z.string()),
});
export type PagerMessage = z.output<typeof PagerMessage>;

/** The Warning that goes with a refusal: `399 host "<code> <text>"`. @spec GEN-18 */
export const Warning = z.object({ code: z.string(), text: z.string() });
export type Warning = z.output<typeof Warning>;

/** What the edge must answer on the transaction that is waiting. */
export const Submission = z.discriminatedUnion("kind", [
  /** 200: a device has it. 202: Postgres has it (or a 202 of the next network was passed on). */
  z.object({ kind: z.literal("accepted"), status: z.union([z.literal(200), z.literal(202)]) }),
  z.object({
    kind: z.literal("refused"),
    status: z.number(),
    reason: z.string(),
    warning: Warning.optional(),
    retryAfterS: z.number().optional(),
    headers: z.array(HeaderField).optional(),
  }),
]);
export type Submission = z.output<typeof Submission>;
