import { type Bus, participating } from "@heliograph/contracts";
import { type Clock, Repeating } from "@heliograph/kernel";
import type { Events } from "../events.js";
import type { SessionLoss, Sessions } from "../sessions/sessions.js";

interface Deps {
  readonly bus: Pick<Bus, "request">;
  readonly sessions: Pick<Sessions, "established" | "losses" | "close" | "closeAbandoned">;
  /** Says once more that an end is lost. */
  readonly tellLost: (loss: SessionLoss) => void;
  readonly clock: Pick<Clock, "after">;
  readonly events: Pick<Events, "broken">;
}

/** A conversation is written down within moments of its answer, so that a session is looked at the second time that it is seen. */
const everyMs = 10_000;
const atOnce = 500;

/**
 * Says again which ends are lost, for nobody may have heard it; and closes sessions that nobody will close: without an
 * answer, because nobody waits for one any more; with one, because their conversation is forgotten. While nobody can be
 * asked, those stay.
 *
 * Goes on to `participating/src/handlers/check-conversations.ts` and `participating/src/handlers/hear-session-lost.ts`.
 *
 * @spec PF-11 @spec GEN-14
 */
export class SessionSweeper {
  readonly #deps: Deps;
  #seen: ReadonlySet<string> = new Set();
  readonly #repeating: Repeating;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#repeating = new Repeating(
      deps.clock,
      everyMs,
      () => this.#sweep(),
      (cause) => deps.events.broken("sessions without a conversation were not looked for", cause),
    );
  }

  start(): void {
    this.#repeating.start();
  }

  stop(): void {
    this.#repeating.stop();
  }

  async #sweep(): Promise<void> {
    const { sessions, tellLost } = this.#deps;
    for (const loss of sessions.losses()) tellLost(loss);
    sessions.closeAbandoned();
    const established = sessions.established();
    const known = established.filter(({ id }) => this.#seen.has(id));
    this.#seen = new Set(established.map(({ id }) => id));
    for (let at = 0; at < known.length; at += atOnce) await this.#check(known.slice(at, at + atOnce));
  }

  async #check(some: ReturnType<Sessions["established"]>): Promise<void> {
    const { bus, sessions } = this.#deps;
    const conversations = some.map(({ conversation }) => conversation);
    const { missing } = await bus.request(participating.checkConversations, {}, { conversations });
    const gone = new Set(missing);
    for (const { id, conversation } of some) if (gone.has(conversation)) sessions.close(id);
  }
}
