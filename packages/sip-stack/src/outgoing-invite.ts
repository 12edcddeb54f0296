import type { Flow, InviteHearer, Outcome, SentInvite, SipRequest, SipResponse } from "@heliograph/sip";
import { OutgoingRequest } from "./outgoing-request.js";
import type { Sending } from "./sending.js";

/** An INVITE of ours on its way: also heard of before and after its outcome. @spec rfc3261#13.2.2 @spec rfc6026#7.2 */
export class OutgoingInvite extends OutgoingRequest implements SentInvite {
  readonly #hearer: InviteHearer;
  #flow: Flow | undefined;

  constructor(
    sending: Sending,
    request: SipRequest,
    hearer: InviteHearer,
    finish: (outcome: Outcome) => void,
  ) {
    super(sending, request, finish);
    this.#hearer = hearer;
  }

  override onResponse(response: SipResponse): void {
    this.#flow = this.peer ?? this.#flow;
    super.onResponse(response);
    if (response.status < 300 && this.#flow) this.#hearer.onResponse(response, this.#flow);
  }

  cancel(reason?: string): void {
    this.giveUp(reason);
  }
}
