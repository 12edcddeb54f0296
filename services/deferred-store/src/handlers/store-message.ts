import type { deferredStore, PagerMessage } from "@heliograph/contracts";
import { addImdnRecordRoute, type CpimMessage, imdnMessageIdOf, type Inflater } from "@heliograph/im-bodies";
import type { Clock } from "@heliograph/kernel";
import type { z } from "zod";
import type { Cause } from "../domain/deferred-message.js";
import { expiryOf } from "../domain/expiry.js";
import { withoutHeader } from "../domain/header-of.js";
import { type NoticeDeps, noticeOf } from "../domain/notice.js";
import { cpimOf, receiptRequestOf } from "../domain/receipt-request.js";
import { repeatKeysOf } from "../domain/repeat-keys.js";
import type { Events } from "../events.js";
import type { Queues, StorageRules, Storing } from "../ports.js";

interface Deps {
  readonly queues: Pick<Queues, "store">;
  readonly rules: StorageRules;
  readonly clock: Pick<Clock, "nowMs">;
  readonly inflater: Inflater;
  readonly notices: NoticeDeps;
  readonly maxKeepMs: number;
  readonly imdnUri: string | undefined;
  /** Settles once live messages line up behind the queue. */
  readonly announce: (owner: string, cause: Cause) => Promise<void>;
  /** An IMDN is owed and may be sent now. */
  readonly onNotice: () => void;
  readonly events: Events;
}

type Input = z.output<typeof deferredStore.storeMessage.input>;
type Output = z.output<typeof deferredStore.storeMessage.output>;

/**
 * Keeps a message until its owner can have it. Answers after the commit: from then on the sender may be told 202.
 * Who is refused gets no IMDN of ours, for the sender hears of it by the status.
 *
 * @spec DF-02 @spec DF-03 @spec DF-04 @spec DF-09 @spec DF-10
 */
export function storeMessage(deps: Deps) {
  return async ({ message, owner, cause }: Input): Promise<Output> => {
    const { queues, rules, clock, maxKeepMs, announce, onNotice, events } = deps;
    if (!(await rules.allowsStorage(owner, message.sender.aor))) return refuse("not-allowed");
    const expiresAtMs = expiryOf(message, maxKeepMs);
    if (expiresAtMs <= clock.nowMs()) return refuse("expired");

    const storing = toStoring(deps, { message, owner, cause, expiresAtMs });
    const outcome = await queues.store(storing);
    switch (outcome) {
      case "quota-messages":
      case "quota-bytes":
        return refuse(outcome);
      case "stored":
        events.stored();
        break;
      case "repeat":
        events.repeated();
        break;
      default:
        return outcome satisfies never;
    }
    if (storing.notice) onNotice();
    await announce(owner, cause);
    return { kind: "stored", isRepeat: outcome === "repeat" };
  };

  function refuse(reason: Parameters<Events["refused"]>[0]): Output {
    deps.events.refused(reason);
    return { kind: "refused", reason };
  }
}

function toStoring(
  { inflater, clock, notices, imdnUri }: Deps,
  { message, owner, cause, expiresAtMs }: Input & { readonly expiresAtMs: number },
): Storing {
  const cpim = cpimOf(message, inflater);
  const request = receiptRequestOf(message, cpim);
  const keys = repeatKeysOf(owner, message, cpim && imdnMessageIdOf(cpim));
  const notice = request?.asked.has("processing")
    ? noticeOf({ message, owner, request }, "stored", clock.nowMs(), notices)
    : undefined;
  const kept = request && imdnUri !== undefined ? onImdnPath(message, request.cpim, imdnUri) : message;
  return { message: kept, owner, cause, keys, expiresAtMs, notice };
}

/** Puts the store on the way of the IMDNs; a signed message stays as it is. @spec DF-45 */
function onImdnPath(message: PagerMessage, cpim: CpimMessage, imdnUri: string): PagerMessage {
  const body = addImdnRecordRoute(cpim, imdnUri);
  return body.ok ? { ...withoutHeader(message, "content-encoding"), body: body.value } : message;
}
