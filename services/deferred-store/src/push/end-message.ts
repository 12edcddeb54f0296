import type { PagerMessage } from "@heliograph/contracts";
import type { Inflater } from "@heliograph/im-bodies";
import type { Clock } from "@heliograph/kernel";
import type { DeferredMessage, Ending } from "../domain/deferred-message.js";
import { type NoticeDeps, noticeOf } from "../domain/notice.js";
import { cpimOf, receiptRequestOf } from "../domain/receipt-request.js";
import type { Events } from "../events.js";
import type { Found, Queues, Unreadable } from "../ports.js";

/** What it takes to end messages. */
export interface EndDeps {
  readonly queues: Pick<Queues, "finish">;
  readonly inflater: Inflater;
  readonly clock: Pick<Clock, "nowMs">;
  readonly notices: NoticeDeps;
  readonly events: Events;
  /** Something is owed: it may be sent now. */
  readonly onNotice: () => void;
}

/** Whether the envelope stayed shut. */
export const isUnreadable = (found: Found): found is Unreadable => "why" in found;

/**
 * Ends a message. Where it ends badly and its sender asked to hear of that, the IMDN is written with the end: it is
 * owed from that moment, and sent until somebody takes it.
 *
 * @spec DF-08 @spec DF-44 @spec rfc5438#12.2
 */
export async function endMessage(
  { queues, inflater, clock, notices, events, onNotice }: EndDeps,
  found: DeferredMessage,
  ending: Ending,
  error?: string,
): Promise<void> {
  const { owner, seq, id } = found;
  const notice = ending === "pushed" || ending === "retrieved" ? undefined : failureNotice(found);
  await queues.finish({ owner, seq, id, ending, error, notice });
  events.ended(id, ending);
  if (notice) onNotice();

  function failureNotice({ message }: DeferredMessage): PagerMessage | undefined {
    const request = receiptRequestOf(message, cpimOf(message, inflater));
    if (!request?.asked.has("negative-delivery")) return undefined;
    return noticeOf({ message, owner, request }, "failed", clock.nowMs(), notices);
  }
}

/** An envelope that was changed is of no use to anybody; one whose key is missing waits for the key. @spec DF-11 */
export async function putAside(deps: EndDeps, found: Unreadable): Promise<void> {
  if (found.why === "unknown-key") return deps.events.missingKey(found.id);
  deps.events.damaged(found.id);
  await endUnreadable(deps, found, "discarded");
}

/** Ends a message that nobody can read; nobody can be told either. */
export async function endUnreadable(
  { queues, events }: EndDeps,
  found: Unreadable,
  ending: Ending,
): Promise<void> {
  const { owner, seq, id, why } = found;
  await queues.finish({ owner, seq, id, ending, error: why, notice: undefined });
  events.ended(id, ending);
}
