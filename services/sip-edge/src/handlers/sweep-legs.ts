import { participating } from "@heliograph/contracts";
import { type Clock, Repeating } from "@heliograph/kernel";
import { serviceUnavailable } from "../domain/end-reason.js";
import type { EstablishedLeg, Legs } from "../domain/legs.js";
import type { Events } from "../events.js";
import type { Services } from "../ports.js";

interface Deps {
  readonly bus: Services;
  readonly legs: Legs;
  readonly clock: Pick<Clock, "after">;
  readonly events: Events;
}

/** A conversation is written down within moments of its 2xx, so that a leg is looked at the second time that it is seen. */
const everyMs = 10_000;
const atOnce = 500;

/**
 * Ends legs that nobody will end: their owner died before the conversation was written down, or could not tell. While
 * nobody can be asked, they stay.
 *
 * Goes on to `participating/src/handlers/check-conversations.ts`.
 *
 * @spec PF-11 @spec GEN-17
 */
export class LegSweeper {
  readonly #deps: Deps;
  #seen: ReadonlySet<string> = new Set();
  readonly #repeating: Repeating;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#repeating = new Repeating(
      deps.clock,
      everyMs,
      () => this.#sweep(),
      (cause) => deps.events.brokeOff("looking for legs without a conversation", cause),
    );
  }

  start(): void {
    this.#repeating.start();
  }

  stop(): void {
    this.#repeating.stop();
  }

  async #sweep(): Promise<void> {
    const established = this.#deps.legs.established();
    const known = established.filter(([name]) => this.#seen.has(name));
    this.#seen = new Set(established.map(([name]) => name));
    for (let at = 0; at < known.length; at += atOnce) await this.#check(known.slice(at, at + atOnce));
  }

  async #check(some: readonly (readonly [name: string, leg: EstablishedLeg])[]): Promise<void> {
    const { bus, legs, events } = this.#deps;
    const conversations = [...new Set(some.map(([, leg]) => leg.conversation))];
    const { missing } = await bus.request(participating.checkConversations, {}, { conversations });
    const gone = new Set(missing);
    for (const [name, { conversation, dialog }] of some) {
      if (!gone.has(conversation) || !legs.delete(name)) continue;
      events.legOrphaned();
      dialog.bye(serviceUnavailable).catch((cause: unknown) => events.failed("BYE", cause));
    }
  }
}
