import { z } from "zod";
import { request } from "./bus.js";
import { PagerMessage } from "./pager-message.js";

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
    /** Why it waits; for the timeline and the counters. */
    cause: z.enum(["offline", "unreachable", "preference", "queue-order"]),
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
