import type { deferredStore } from "@heliograph/contracts";
import type { z } from "zod";
import type { Cause } from "../domain/deferred-message.js";
import { expiryOf } from "../domain/expiry.js";
import type { Events } from "../events.js";
import type { Queues, StorageRules } from "../ports.js";
import { type StoringDeps, storingOf } from "../receive/storing-of.js";

interface Deps extends StoringDeps {
  readonly queues: Pick<Queues, "store">;
  readonly rules: StorageRules;
  readonly maxKeepMs: number;
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

    const storing = storingOf(deps, { message, owner, cause, expiresAtMs });
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
