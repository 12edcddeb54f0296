import { z } from "zod";
import { bytes } from "./bytes.js";
import { event, request } from "./bus.js";
import { Warning } from "./pager-message.js";
import { Anchor, Side } from "./session.js";

/** What a session may carry; the relay keeps to it. @spec PF-14 @spec PF-23 @spec MS-17 */
export const MediaPolicy = z.object({
  /** Largest message, all chunks together; a larger one gets 413. */
  maxMessageBytes: z.number(),
  /** Allowed besides text/* and message/cpim, whose inner type counts: type/subtype, type/* or *; others get 415. */
  contentTypes: z.array(z.string()),
});
export type MediaPolicy = z.output<typeof MediaPolicy>;

/** How an end reaches the relay: what its own transport allows. @spec MS-22 */
export const Reach = z.enum(["tcp", "tls", "ws"]);
export type Reach = z.output<typeof Reach>;

const refused = z.object({
  kind: z.literal("refused"),
  status: z.number(),
  reason: z.string(),
  warning: Warning.optional(),
});

/**
 * Served by `msrp-relay/src/handlers/anchor-session.ts` on any node: puts the relay between both ends of a new session.
 * `offer` is the caller's; without one nothing is to be offered to the callee, whose own offer goes through
 * `translate-offer` to the caller. Which transport an author of an offer comes to is read from its description.
 *
 * @spec PF-08 @spec PF-09 @spec GEN-44
 */
export const anchorSession = request({
  subject: "im.msrp-relay.v1.anchor-session",
  queue: "msrp-relay",
  timeoutMs: 5_000,
  input: z.object({ conversation: z.string(), offer: bytes.optional(), policy: MediaPolicy }),
  output: z.discriminatedUnion("kind", [
    z.object({
      kind: z.literal("anchored"),
      anchor: Anchor,
      /** What to offer the callee, by how it reaches us. The session is the same one; the first to answer has it. */
      offers: z.object({ tcp: bytes, tls: bytes, ws: bytes }).optional(),
    }),
    refused,
  ]),
});

/** Served by `msrp-relay/src/handlers/translate-offer.ts`: an offer by one side of an anchored session becomes that for the other, who reaches us by `reach`. @spec PF-10 */
export const translateOffer = request({
  subject: "im.msrp-relay.{node}.v1.translate-offer",
  queue: "msrp-relay",
  timeoutMs: 5_000,
  input: z.object({ session: z.string(), from: Side, offer: bytes, reach: Reach }),
  output: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("translated"), description: bytes }),
    z.object({ kind: z.literal("no-such-session") }),
    refused,
  ]),
});

/**
 * Served by `msrp-relay/src/handlers/translate-answer.ts`: an answer by one side becomes that for the other, and the
 * media may flow. `reach` is how the side that answered reaches us: which offer it was given. `offer-again`: this description has to be offered to the side that answered (RFC 6714 §4.2).
 *
 * @spec PF-08 @spec PF-09
 */
export const translateAnswer = request({
  subject: "im.msrp-relay.{node}.v1.translate-answer",
  queue: "msrp-relay",
  timeoutMs: 5_000,
  input: z.object({ session: z.string(), from: Side, answer: bytes, reach: Reach }),
  output: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("translated"), description: bytes }),
    z.object({ kind: z.literal("offer-again"), description: bytes }),
    z.object({ kind: z.literal("no-such-session") }),
    refused,
  ]),
});

/**
 * Served by `msrp-relay/src/handlers/answer-for-callee.ts`: an answer to the caller's offer before there is a callee. What
 * the caller sends is held, a little of it in memory, until the callee's own answer goes through `translate-answer`.
 *
 * @spec PF-07
 */
export const answerForCallee = request({
  subject: "im.msrp-relay.{node}.v1.answer-for-callee",
  queue: "msrp-relay",
  timeoutMs: 5_000,
  input: z.object({ session: z.string() }),
  output: z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("translated"), description: bytes }),
    z.object({ kind: z.literal("no-such-session") }),
    refused,
  ]),
});

/** Served by `msrp-relay/src/handlers/close-session.ts`: connections that no other session uses are closed. */
export const closeSession = request({
  subject: "im.msrp-relay.{node}.v1.close-session",
  queue: "msrp-relay",
  timeoutMs: 5_000,
  input: z.object({ session: z.string() }),
  output: z.object({}),
});

/** Served by `msrp-relay/src/handlers/check-sessions.ts`: which of these are not here (any more). */
export const checkSessions = request({
  subject: "im.msrp-relay.{node}.v1.check-sessions",
  queue: "msrp-relay",
  timeoutMs: 2_000,
  input: z.object({ sessions: z.array(z.string()) }),
  output: z.object({ incarnation: z.string(), missing: z.array(z.string()) }),
});

/**
 * Served by `msrp-relay/src/handlers/renew-sessions.ts`: a process still waits for an answer in these. A session without an
 * answer that nobody renews is closed within 20 s. @spec GEN-14
 */
export const renewSessions = request({
  subject: "im.msrp-relay.{node}.v1.renew-sessions",
  queue: "msrp-relay",
  timeoutMs: 2_000,
  input: z.object({ sessions: z.array(z.string()) }),
  output: z.object({}),
});

/** An end of a session is lost to the relay: its connection closed and did not come back, or never came; or the node stops. @spec PF-11 @spec MS-16 @spec MS-47 */
export const sessionLost = event({
  subject: "im.msrp-relay.v1.session-lost",
  fact: z.object({
    conversation: z.string(),
    session: z.string(),
    side: Side.optional(),
    why: z.enum(["connection-lost", "not-bound", "idle", "draining"]),
  }),
});
