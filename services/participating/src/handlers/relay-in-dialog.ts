import type { HeaderField, SessionBody } from "@heliograph/contracts";
import { readSessionContent } from "../domain/session-content.js";
import { sidesFrom } from "../domain/sides.js";
import type { Events } from "../events.js";
import type { Conversations } from "../ports.js";
import { type DialogAnswer, refusedBy, type Relayed, type Renegotiation } from "../sessions/renegotiation.js";

interface Deps {
  readonly conversations: Pick<Conversations, "of">;
  readonly renegotiation: Renegotiation;
  readonly events: Pick<Events, "broken">;
}

interface InLeg {
  readonly conversation: string;
  readonly leg: string;
  readonly method: string;
  readonly headers: readonly HeaderField[];
  readonly body?: SessionBody | undefined;
}

/**
 * Takes a request inside one leg, for the other. Offers are translated on the way, so that hold, another transport and
 * other addresses work as at the beginning; everything else passes as it is.
 *
 * Comes from `sip-edge`; goes on to `sip-edge/src/handlers/send-in-dialog.ts`.
 *
 * @spec PF-10 @spec PF-15 @spec GEN-39
 */
export function relayInDialog(deps: Deps): (request: InLeg) => Promise<DialogAnswer> {
  const { conversations, renegotiation, events } = deps;
  return async (request) => {
    try {
      const conversation = await conversations.of(request.conversation);
      const sides = conversation && sidesFrom(conversation, request.leg);
      if (!sides) return { status: 481, reason: "Call/Transaction Does Not Exist", headers: [] };
      const { method, headers, body } = request;
      return await relay({ conversation, sides, method, headers, body });
    } catch (cause) {
      events.broken("a request inside a dialog was not handled", cause);
      return refusedBy({ kind: "refuse", name: "broken" });
    }
  };

  async function relay(relayed: Relayed): Promise<DialogAnswer> {
    const { method, body } = relayed;
    if (method !== "INVITE" && method !== "UPDATE") return renegotiation.pass(relayed);
    const content = readSessionContent(body);
    if (!content.ok) return refusedBy(content.error);
    const { description } = content.value;
    if (description !== undefined) return renegotiation.offer(relayed, content.value, description);
    return method === "INVITE" ? renegotiation.offerless(relayed) : renegotiation.pass(relayed);
  }
}
