import type { Chance, Clock } from "@heliograph/kernel";
import { createDialogs, type Dialogs, type Flow, type SipStack, type Target } from "@heliograph/sip";
import type { Config } from "../config.js";
import { allowedInSession, understood } from "../domain/capabilities.js";
import { contactField, contactUri, type Reach, transportTowards } from "../domain/leg-contact.js";
import { sessionTargetOf } from "../domain/session-target.js";
import type { Events } from "../events.js";

/** What dialogs over a stack need. */
interface Ground {
  readonly stack: SipStack;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly events: Pick<Events, "failed">;
  readonly config: Pick<Config, "maxLegs" | "server">;
  readonly reach: () => Reach;
}

/** INVITEs on their way, and forks of them, beside the legs that we count. */
const dialogsPerLeg = 2;

/** Dialogs over the transactions of the stack, as the edge wants them. @spec GEN-10 @spec GEN-12 @spec GEN-43 */
export function dialogsOver({ stack, clock, chance, events, config, reach }: Ground): Dialogs {
  return createDialogs({
    stack,
    clock,
    chance,
    contact: ({ flow, target }) => contactField(ownContact(flow, target))[1],
    targetOf: (way) => sessionTargetOf(way, reach().points),
    limits: { maxDialogs: dialogsPerLeg * config.maxLegs },
    server: config.server,
    allow: allowedInSession,
    supported: [...understood],
    onException: (cause) => events.failed("a dialog", cause),
  });

  function ownContact(flow: Flow | undefined, target: Target | undefined) {
    const towards = flow ?? { transport: transportTowards(target?.kind === "uri" ? target.uri : "") };
    return { uri: contactUri(chance.token(8), towards, reach()), params: "", isNameless: true };
  }
}
