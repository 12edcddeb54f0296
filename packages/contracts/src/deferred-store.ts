import { z } from "zod";
import { bytes } from "./bytes.js";
import { request } from "./bus.js";
import { PagerMessage } from "./pager-message.js";
import { StoreLeg } from "./session.js";

/**
 * Served by `deferred-store/src/handlers/store-message.ts`, which answers once the message is committed.
 * A request and not an event: nobody may tell the sender 202 on a promise. @spec DF-04
 * Where the sender asked for `processing`, the store sends the `<stored/>`, and nobody else does. @spec DF-12
 */
export const storeMessage = request({
  subject: "im.deferred-store.v1.store-message",
  queue: "deferred-store",
  timeoutMs: 8_000,
  input: z.object({
    message: PagerMessage,
    /** Whose queue it joins: canonical address of record. */
    owner: z.string(),
    /** Why it waits; for the timeline and the counters. `too-large-for-transport`: it is to be pushed by MSRP. @spec DF-46 */
    cause: z.enum(["offline", "unreachable", "preference", "queue-order", "too-large-for-transport"]),
  }),
  output: z.discriminatedUnion("kind", [
    /** Committed. `isRepeat`: it had been stored before (same sender and Message-ID, or Call-ID and CSeq): nothing was added. */
    z.object({ kind: z.literal("stored"), isRepeat: z.boolean() }),
    z.object({
      kind: z.literal("refused"),
      reason: z.enum(["quota-messages", "quota-bytes", "expired", "not-allowed"]),
    }),
  ]),
});

/** Served by `deferred-store/src/handlers/report-status.ts`. */
export const reportStatus = request({
  subject: "im.deferred-store.v1.report-status",
  queue: "deferred-store",
  timeoutMs: 5_000,
  input: z.object({ owner: z.string().optional() }),
  output: z.object({ waiting: z.number(), bytes: z.number(), oldestAtMs: z.number().optional() }),
});

const noEnd = z.object({
  kind: z.literal("refused"),
  reason: z.enum([
    "quota-messages",
    "quota-bytes",
    "not-allowed",
    "too-large",
    "not-acceptable",
    "nothing",
    "not-owner",
  ]),
});

const ownEnd = z.object({ kind: z.literal("answered"), leg: StoreLeg, answer: bytes });

/**
 * Served by `deferred-store/src/handlers/receive-large-message.ts`: the store takes the place of a recipient who is away
 * and answers the offer as an MSRP end point. Each message is committed before its last SEND is answered 200 and reported.
 *
 * @spec DF-05
 */
export const receiveLargeMessage = request({
  subject: "im.deferred-store.v1.receive-large-message",
  queue: "deferred-store",
  timeoutMs: 8_000,
  input: z.object({
    /** What is known of the message from its INVITE; its body and type come by MSRP. */
    message: PagerMessage,
    owner: z.string(),
    offer: bytes,
    /** One message (large-message mode), or any number (a session whose recipient is away). */
    messages: z.enum(["one", "many"]),
    maxBytes: z.number(),
  }),
  output: z.discriminatedUnion("kind", [ownEnd, noEnd]),
});

/** Served by `deferred-store/src/handlers/open-retrieval.ts`: gives a user what waits, over MSRP. @spec DF-30 @spec DF-31 */
export const openRetrieval = request({
  subject: "im.deferred-store.v1.open-retrieval",
  queue: "deferred-store",
  timeoutMs: 8_000,
  input: z.object({
    conversation: z.string(),
    owner: z.string(),
    /** History references; empty: all. */
    references: z.array(z.string()),
    offer: bytes,
  }),
  output: z.discriminatedUnion("kind", [
    /** `unknown`: those of the references that name nothing of the owner's. */
    ownEnd.extend({ unknown: z.array(z.string()).optional() }),
    noEnd,
  ]),
});

/** Served by `deferred-store/src/handlers/close-leg.ts`: the session that this end belongs to is over. */
export const closeLeg = request({
  subject: "im.deferred-store.{node}.v1.close-leg",
  queue: "deferred-store",
  timeoutMs: 5_000,
  input: z.object({ leg: z.string() }),
  output: z.object({}),
});

/** Served by `deferred-store/src/handlers/check-legs.ts`: which of these are not here (any more). */
export const checkLegs = request({
  subject: "im.deferred-store.{node}.v1.check-legs",
  queue: "deferred-store",
  timeoutMs: 2_000,
  input: z.object({ legs: z.array(z.string()) }),
  output: z.object({ incarnation: z.string(), missing: z.array(z.string()) }),
});
