import type { Flow, IncomingRequest } from "@heliograph/sip";
import { type Address, type AddressBook, addressRequest } from "../domain/address-request.js";
import { type Answer, busy } from "../domain/answer.js";
import { checkBeforeCredentials } from "../domain/check-request.js";
import type { FlowTokens } from "../domain/flow-token.js";
import type { Source } from "../domain/source.js";
import type { Events } from "../events.js";
import type { World } from "../ports.js";

interface Deps {
  readonly world: World;
  readonly tokens: FlowTokens;
  readonly events: Events;
}

/** A request whose addresses are read. */
export interface Asked {
  readonly kind: "asked";
  readonly incoming: IncomingRequest;
  readonly source: Source;
  readonly address: Address;
  readonly book: AddressBook;
  /** Whether our own Route names a flow that it is to be sent on over. @spec GEN-28 */
  readonly isForFlow: boolean;
}

/** What is looked at before anybody is asked for credentials. @spec GEN-04 @spec rfc3261#16.3 */
export function readRequest({ world, tokens, events }: Deps) {
  return (incoming: IncomingRequest): Asked | { readonly kind: "answer"; readonly answer: Answer } => {
    const { request, flow } = incoming;
    const book = world.addressBook();
    if (!book) return { kind: "answer", answer: busy("Domains Not Known Yet") };
    const addressing = addressRequest(request, flow, book);
    if (addressing.kind === "refused") return refuse(addressing.answer, "malformed");
    const refusal = checkBeforeCredentials(request);
    if (refusal) return refuse(refusal, "extension");
    const isForFlow = leadsToAnotherFlow(addressing.address, flow);
    const address = isForFlow ? { ...addressing.address, isOpaque: true } : addressing.address;
    return { kind: "asked", incoming, source: world.sourceOf(incoming), address, book, isForFlow };
  };

  /** A token for the flow that it came by marks what its bearer sends. @spec rfc5626#5.3 */
  function leadsToAnotherFlow({ flowToken }: Address, flow: Flow): boolean {
    return flowToken !== undefined && !tokens.isFor(flowToken, flow.id);
  }

  function refuse(answer: Answer, why: "malformed" | "extension") {
    events.refused(why);
    return { kind: "answer", answer } as const;
  }
}
