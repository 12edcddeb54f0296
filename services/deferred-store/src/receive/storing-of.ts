import type { PagerMessage } from "@heliograph/contracts";
import { addImdnRecordRoute, type CpimMessage, imdnMessageIdOf, type Inflater } from "@heliograph/im-bodies";
import type { Clock } from "@heliograph/kernel";
import type { Cause } from "../domain/deferred-message.js";
import { withoutHeader } from "../domain/header-of.js";
import { type NoticeDeps, noticeOf } from "../domain/notice.js";
import { cpimOf, receiptRequestOf } from "../domain/receipt-request.js";
import { msrpRepeatKeysOf, repeatKeysOf } from "../domain/repeat-keys.js";
import type { Storing } from "../ports.js";

/** What it takes to say how a message is stored. */
export interface StoringDeps {
  readonly clock: Pick<Clock, "nowMs">;
  readonly inflater: Inflater;
  readonly notices: NoticeDeps;
  readonly imdnUri: string | undefined;
}

/** A message that is to be stored. */
interface ToStore {
  readonly message: PagerMessage;
  readonly owner: string;
  readonly cause: Cause;
  readonly expiresAtMs: number;
  /** The MSRP Message-ID of one that came by MSRP. */
  readonly msrpId?: string;
}

/** How a message is stored: what repeats of it have in common, what is owed for it, and itself on the way of the IMDNs. */
export function storingOf(
  { inflater, clock, notices, imdnUri }: StoringDeps,
  { message, owner, cause, expiresAtMs, msrpId }: ToStore,
): Storing {
  const cpim = cpimOf(message, inflater);
  const request = receiptRequestOf(message, cpim);
  const messageId = cpim && imdnMessageIdOf(cpim);
  const keys =
    msrpId === undefined
      ? repeatKeysOf(owner, message, messageId)
      : msrpRepeatKeysOf(owner, message, msrpId, messageId);
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
