import type { HeaderField, SessionBody } from "@heliograph/contracts";
import { type Clock, unreachable } from "@heliograph/kernel";
import { type DialogParts, type Outcome, T1 } from "@heliograph/sip";
import type { EstablishedLeg, Legs } from "../domain/legs.js";
import { crossingFields, type Hop, partsTowards, sessionBodyOf } from "../domain/session-fields.js";

interface Deps {
  readonly legs: Legs;
  readonly clock: Pick<Clock, "after">;
}

/** A request for the peer of a leg. */
interface InDialog {
  readonly leg: string;
  readonly method: string;
  readonly headers: readonly HeaderField[];
  readonly body?: SessionBody | undefined;
  readonly timeoutMs: number;
}

type Reply =
  | {
      readonly kind: "answered";
      readonly status: number;
      readonly reason: string;
      readonly headers: HeaderField[];
      readonly body?: SessionBody;
    }
  | { readonly kind: "silent" }
  | { readonly kind: "unreachable"; readonly reason: string }
  | { readonly kind: "no-such-leg" };

/** Sends a request inside the dialog of a leg. Comes from `participating`. @spec PF-10 @spec PF-15 @spec GEN-44 */
export function sendInDialog({ legs, clock }: Deps) {
  return async ({ leg: name, method, headers, body, timeoutMs }: InDialog): Promise<Reply> => {
    const leg = legs.get(name);
    if (leg?.kind !== "established") return { kind: "no-such-leg" };
    const parts = partsTowards(headers, body, leg.hop);
    const isWithoutOffer = method === "INVITE" && !body;
    const options = { timeoutMs, ...(isWithoutOffer && { answer: () => answerFor(leg) }) };
    return toReply(await leg.dialog.request(method, parts, options), leg.hop);
  };

  /** The other side's answer to the offer in the 2xx, which its ACK brings; an ACK without any when it stays away. */
  function answerFor({ ack }: EstablishedLeg): Promise<DialogParts> {
    return new Promise((resolve) => {
      const timer = clock.after(longestAckMs, () => ack.send({}));
      ack.owe((answer) => {
        timer.cancel();
        resolve(answer);
      });
    });
  }
}

/** As long as a 2xx is repeated. @spec rfc3261#13.3.1.4 */
const longestAckMs = 64 * T1;

function toReply(outcome: Outcome, { isTrusted }: Hop): Reply {
  switch (outcome.kind) {
    case "response": {
      const { response } = outcome;
      const { status, reason } = response;
      const body = sessionBodyOf(response);
      return {
        kind: "answered",
        status,
        reason,
        headers: crossingFields(response, isTrusted),
        ...(body && { body }),
      };
    }
    case "silent":
      return { kind: "silent" };
    case "unreachable":
      return { kind: "unreachable", reason: outcome.reason };
    default:
      return unreachable(outcome);
  }
}
