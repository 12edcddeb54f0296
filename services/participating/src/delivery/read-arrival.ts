import type { PagerMessage } from "@heliograph/contracts";
import { unreachable } from "@heliograph/kernel";
import type { Inflater } from "@heliograph/im-bodies";
import { nextHopOf } from "../domain/imdn-route.js";
import { type MessageFacts, readFacts } from "../domain/message-facts.js";
import type { Refused } from "../domain/pager-limits.js";

/** A message with what its body says, or why it is refused before anybody is asked. */
type Arrival =
  | {
      readonly kind: "read";
      readonly message: PagerMessage;
      readonly facts: MessageFacts;
      readonly isRerouted: boolean;
    }
  | Refused;

/** Reads a message as it comes in. */
export type ReadArrival = (message: PagerMessage) => Arrival;

/** Reads the body once; a notification that comes back through us loses our IMDN-Route here. @spec PF-45 */
export function readArrival(inflater: Inflater, imdnUser: string): ReadArrival {
  return (message) => {
    const facts = readFacts(message, inflater);
    if (!facts.ok) return refusedBy(facts.error);
    const hop = nextHopOf(message, facts.value, imdnUser);
    switch (hop.kind) {
      case "unchanged":
        return { kind: "read", message, facts: facts.value, isRerouted: false };
      case "lost":
        return { kind: "refuse", name: "not-an-imdn" };
      case "rerouted": {
        const again = readFacts(hop.message, inflater);
        return again.ok
          ? { kind: "read", message: hop.message, facts: again.value, isRerouted: true }
          : refusedBy(again.error);
      }
      default:
        return unreachable(hop);
    }
  };
}

function refusedBy({
  name,
  because,
}: {
  readonly name: Refused["name"];
  readonly because?: string;
}): Refused {
  return { kind: "refuse", name, ...(because !== undefined && { details: { because } }) };
}
