import type { PagerMessage, Submission } from "@heliograph/contracts";
import type { Chance, Clock } from "@heliograph/kernel";
import type { MessageFacts } from "../domain/message-facts.js";
import { storedNotification } from "../domain/stored-notification.js";
import type { Events } from "../events.js";

interface Deps {
  readonly clock: Pick<Clock, "nowMs">;
  readonly chance: Chance;
  readonly events: Pick<Events, "notificationLost" | "broken">;
  readonly imdnUser: string;
  readonly send: (notification: PagerMessage) => Promise<Submission>;
}

/**
 * Tells the sender that a message was stored, where that was asked for. It happens after the 202 is on its way, and
 * whatever becomes of it does not touch that.
 *
 * @spec PF-44 @spec DF-12
 */
export class TellStored {
  readonly #underWay = new Set<Promise<void>>();
  constructor(private readonly deps: Deps) {}

  readonly tell = (message: PagerMessage, facts: MessageFacts): void => {
    if (!facts.requested.has("processing")) return;
    const telling = this.#tell(message, facts).finally(() => this.#underWay.delete(telling));
    this.#underWay.add(telling);
  };

  /** Settles when nothing is under way any more. */
  async settled(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  async #tell(message: PagerMessage, facts: MessageFacts): Promise<void> {
    const { clock, chance, events, imdnUser, send } = this.deps;
    try {
      const token = (bytes: number) => chance.token(bytes);
      const notification = storedNotification(message, facts, { nowMs: clock.nowMs(), token, imdnUser });
      if (!notification) return;
      const sent = await send(notification);
      if (sent.kind === "refused") events.notificationLost(message.id, `${sent.status} ${sent.reason}`);
    } catch (cause) {
      events.broken("a notification was not sent", cause);
    }
  }
}
