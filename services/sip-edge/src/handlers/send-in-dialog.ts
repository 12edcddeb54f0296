import type { HeaderField, SessionBody } from "@heliograph/contracts";
import { unreachable } from "@heliograph/kernel";
import type { Outcome } from "@heliograph/sip";
import type { Legs } from "../domain/legs.js";
import { crossingFields, type Hop, partsTowards, sessionBodyOf } from "../domain/session-fields.js";

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

/** Sends a request inside the dialog of a leg. Comes from `participating`. @spec PF-10 @spec PF-15 @spec GEN-43 */
export function sendInDialog({ legs }: { readonly legs: Legs }) {
  return async ({ leg: name, method, headers, body, timeoutMs }: InDialog): Promise<Reply> => {
    const leg = legs.get(name);
    if (leg?.kind !== "established") return { kind: "no-such-leg" };
    const parts = partsTowards(headers, body, leg.hop);
    return toReply(await leg.dialog.request(method, parts, { timeoutMs }), leg.hop);
  };
}

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
