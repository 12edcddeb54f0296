import type { Bus } from "@heliograph/contracts";
import type { Clock } from "@heliograph/kernel";
import type { MsrpSession } from "@heliograph/msrp-stack";
import type { DeferredMessage } from "../domain/deferred-message.js";
import type { Events } from "../events.js";
import type { Leg } from "../legs/legs.js";
import type { Found, Queues } from "../ports.js";
import { type EndDeps, endMessage, isUnreadable, putAside } from "../push/end-message.js";
import type { OwnerEnd, Pusher } from "../push/pusher.js";
import { surely } from "../push/surely.js";
import { leaveSession } from "../legs/leave-session.js";
import { type SendDeps, sendItem } from "./send-item.js";

/** What giving a user its messages needs. */
export interface RetrievalDeps extends SendDeps, EndDeps {
  readonly bus: Pick<Bus, "request">;
  readonly clock: Clock;
  readonly queues: Pick<Queues, "retrievableOf" | "finish">;
  readonly pusher: Pick<Pusher, "borrow">;
  readonly events: Events;
}

/** Who wants what. */
interface Wish {
  readonly conversation: string;
  readonly owner: string;
  readonly references: readonly string[];
}

const pageSize = 20;
const askAgainMs = 250;
const mostAsks = 240;

/**
 * Gives a user what waits, oldest first, each as one message that is over when the device has reported all of it; then
 * leaves. Waits for the device's first SEND, and for a push to that user that is under way. What the device refuses
 * stays, and so does everything when the connection is lost.
 *
 * @spec DF-30 @spec DF-32 @spec DF-33 @spec DF-48 @spec rfc4975#5.4
 */
export class Retrieval {
  constructor(
    private readonly deps: RetrievalDeps,
    private readonly wish: Wish,
    private readonly leg: Leg,
    private readonly session: MsrpSession,
  ) {}

  /** Settles when the session has been left. */
  async run(): Promise<void> {
    const { deps, leg, wish } = this;
    try {
      await this.session.bound;
      leg.touch();
      for (let asked = 0; asked < mostAsks && (await this.#isWorthAsking()); asked += 1) {
        if (await deps.pusher.borrow(wish.owner, (mayAct) => this.#giveAll(mayAct))) break;
        await new Promise<void>((resolve) => void deps.clock.after(askAgainMs, resolve));
      }
    } finally {
      await leaveSession(deps, { conversation: wish.conversation, leg: leg.id.leg });
      leg.close("retrieved");
    }
  }

  async #isWorthAsking(): Promise<boolean> {
    return this.leg.closed === undefined && (await this.#pageAfter(0, 1)).length > 0;
  }

  #pageAfter(seq: number, limit: number): Promise<readonly Found[]> {
    const { owner, references } = this.wish;
    return this.deps.queues.retrievableOf(owner, references, seq, limit);
  }

  async #giveAll(mayAct: () => boolean): Promise<OwnerEnd> {
    for (let after = 0; ; ) {
      const page = await this.#pageAfter(after, pageSize);
      if (page.length === 0) return "empty";
      for (const found of page) {
        if (this.leg.closed !== undefined) return "unreachable";
        if (!mayAct()) return "lost";
        if (isUnreadable(found)) await putAside(this.deps, found);
        else if (!(await this.#give(found))) return "unreachable";
        after = found.seq;
      }
    }
  }

  /** False: the session is of no use any more. */
  async #give(found: DeferredMessage): Promise<boolean> {
    const { deps, leg, session } = this;
    if (found.expiresAtMs <= deps.clock.nowMs()) {
      await endMessage(deps, found, "expired");
      return true;
    }
    const outcome = await sendItem(session, found, deps, () => leg.touch());
    switch (outcome.kind) {
      case "taken":
        await surely(deps, always, () => endMessage(deps, found, "retrieved"));
        return true;
      case "damaged":
        deps.events.damaged(found.id);
        await endMessage(deps, found, "discarded");
        return true;
      case "refused":
        return true;
      case "lost":
        deps.events.unreachable(found.id, outcome.reason);
        return false;
      default:
        return outcome satisfies never;
    }
  }
}

const always = (): boolean => true;
