import { z } from "zod";
import { request } from "./bus.js";
import { PagerMessage, Submission } from "./pager-message.js";

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
