import { createRequest } from "../create-request.js";
import type { Field, HeaderList } from "../header-list.js";
import type { Flow } from "../port.js";
import type { SipRequest } from "../sip-request.js";
import type { SipResponse } from "../sip-response.js";
import type { DialogId } from "./dialogs.js";
import { hasTag } from "./option-tags.js";
import { ownText } from "./own-text.js";
import { contactUriOf, type Routed, routeSetOfRequest, routeSetOfResponse, routeTo } from "./route-set.js";

/** A request inside a dialog as it is to be composed. */
interface Composition {
  readonly method: string;
  readonly number: number;
  readonly fields: readonly Field[];
  readonly body?: Uint8Array | undefined;
}

/** A request inside a dialog, and where it goes first. */
export interface ComposedRequest {
  readonly request: SipRequest;
  /** @spec rfc3261#12.2.1.1 */
  readonly nextHop: string;
}

/** What a dialog is made of when it begins. */
interface Beginning {
  readonly id: DialogId;
  /** Values of From and To in our requests, with their tags. */
  readonly localParty: string;
  readonly remoteParty: string;
  readonly localContact: string;
  readonly isCaller: boolean;
  readonly isDirect: boolean;
  readonly localNumber: number;
  readonly remoteNumber: number | undefined;
}

/**
 * The state of a dialog at this end. Its texts are its own, so that it keeps no message alive.
 *
 * @spec rfc3261#12 @spec rfc3261#12.1 @spec rfc3261#12.2
 */
export class DialogState {
  readonly id: DialogId;
  /** Whether the Call-ID is ours. @spec rfc3261#14.1 */
  readonly isCaller: boolean;
  /** Whether the far end of the flow is the peer, or the first of its Record-Route. */
  readonly isDirect: boolean;
  localContact: string;
  remoteTarget = "";
  flow: Flow;
  /** The peer's Allow and Supported, as far as they matter. */
  allowsUpdate = false;
  /** Credentials of the INVITE, which its ACK repeats. @spec rfc3261#13.2.2.4 */
  credentials: readonly Field[] = [];
  readonly #localParty: string;
  readonly #remoteParty: string;
  #localNumber: number;
  #remoteNumber: number | undefined;
  #routeSet: readonly string[] = [];

  constructor(beginning: Beginning, flow: Flow) {
    this.id = beginning.id;
    this.isCaller = beginning.isCaller;
    this.isDirect = beginning.isDirect;
    this.localContact = beginning.localContact;
    this.flow = flow;
    this.#localParty = beginning.localParty;
    this.#remoteParty = beginning.remoteParty;
    this.#localNumber = beginning.localNumber;
    this.#remoteNumber = beginning.remoteNumber;
  }

  /** The UAS's side, of an INVITE from outside. `firstNumber` is that before our first CSeq. @spec rfc3261#12.1.1 */
  static ofRequest(
    invite: SipRequest,
    flow: Flow,
    own: { readonly tag: string; readonly contact: string; readonly firstNumber: number },
  ): DialogState {
    const to = invite.headers.get("to") ?? "";
    const state = new DialogState(
      {
        id: idOf(invite.callId, own.tag, invite.from.params.get("tag")),
        localParty: ownText(`${to};tag=${own.tag}`),
        remoteParty: ownText(invite.headers.get("from") ?? ""),
        localContact: own.contact,
        isCaller: false,
        isDirect: invite.headers.has("record-route") || invite.headers.values("via").length === 1,
        localNumber: own.firstNumber,
        remoteNumber: invite.cseq.number,
      },
      flow,
    );
    state.#routeSet = routeSetOfRequest(invite.headers);
    state.remoteTarget = contactUriOf(invite.headers) ?? ownText(invite.from.uri);
    state.learn(invite.headers);
    return state;
  }

  /** The UAC's side, of a response of 101 to 299. @spec rfc3261#12.1.2 */
  static ofResponse(invite: SipRequest, response: SipResponse, flow: Flow, contact: string): DialogState {
    const state = new DialogState(
      {
        id: idOf(invite.callId, invite.from.params.get("tag") ?? "", response.to.params.get("tag")),
        localParty: ownText(invite.headers.get("from") ?? ""),
        remoteParty: ownText(response.headers.get("to") ?? ""),
        localContact: contact,
        isCaller: true,
        isDirect: response.headers.has("record-route") || !invite.headers.has("route"),
        localNumber: invite.cseq.number,
        remoteNumber: undefined,
      },
      flow,
    );
    state.remoteTarget = ownText(invite.requestUri);
    state.credentials = credentialsOf(invite.headers);
    state.confirm(response);
    return state;
  }

  /** Takes a further response to the INVITE: the route set is made anew. @spec rfc3261#13.2.2.4 */
  confirm(response: SipResponse): void {
    this.#routeSet = routeSetOfResponse(response.headers);
    this.refreshTarget(response.headers);
  }

  /** A target refresh: Contact becomes the remote target, where there is one. @spec rfc3261#12.2.2 @spec GEN-39 */
  refreshTarget(headers: HeaderList): void {
    this.remoteTarget = contactUriOf(headers) ?? this.remoteTarget;
    this.learn(headers);
  }

  /** Where requests inside the dialog go first. */
  get nextHop(): string {
    return routeTo(this.remoteTarget, this.#routeSet).nextHop;
  }

  /** What the peer says that it can. @spec rfc4028#7.4 */
  learn(headers: HeaderList): void {
    if (headers.has("allow")) this.allowsUpdate = hasTag(headers, "allow", "UPDATE");
  }

  /** Whether a request comes in order; it counts from then on. Gaps are fine. @spec rfc3261#12.2.2 @spec GEN-39 */
  takesNumber(number: number): boolean {
    if (this.#remoteNumber !== undefined && number < this.#remoteNumber) return false;
    this.#remoteNumber = number;
    return true;
  }

  /** The next request of ours. @spec rfc3261#12.2.1.1 */
  next(method: string, fields: readonly Field[], body: Uint8Array | undefined): ComposedRequest {
    this.#localNumber += 1;
    return this.#compose({ method, number: this.#localNumber, fields, body });
  }

  /** The ACK to a 2xx to the INVITE with this CSeq number. @spec rfc3261#13.2.2.4 */
  ack(number: number, fields: readonly Field[], body: Uint8Array | undefined): ComposedRequest {
    return this.#compose({ method: "ACK", number, fields: [...this.credentials, ...fields], body });
  }

  #compose({ method, number, fields, body }: Composition): ComposedRequest {
    const { requestUri, routes, nextHop }: Routed = routeTo(this.remoteTarget, this.#routeSet);
    const headers: Field[] = [
      ...routes,
      ["Max-Forwards", "70"],
      ["From", this.#localParty],
      ["To", this.#remoteParty],
      ["Call-ID", this.id.callId],
      ["CSeq", `${number} ${method}`],
      ...fields,
    ];
    return { request: createRequest({ method, requestUri, headers, ...(body && { body }) }), nextHop };
  }
}

function idOf(callId: string, localTag: string, remoteTag: string | undefined): DialogId {
  return { callId: ownText(callId), localTag: ownText(localTag), remoteTag: ownText(remoteTag ?? "") };
}

function credentialsOf(headers: HeaderList): readonly Field[] {
  return ["Authorization", "Proxy-Authorization"].flatMap((name) =>
    headers.all(name).map((value): Field => [name, ownText(value)]),
  );
}

/** Under which a dialog is found. @spec rfc3261#12 */
export function dialogKeyOf({ callId, localTag, remoteTag }: DialogId): string {
  return `${callId}\n${localTag}\n${remoteTag}`;
}
