import { type HeaderField, type PagerMessage, participating } from "@heliograph/contracts";
import type { Clock } from "@heliograph/kernel";
import { type Flow, parseVia, type IncomingRequest, type SipRequest } from "@heliograph/sip";
import { type Address, addressRequest, type AddressBook } from "../domain/address-request.js";
import { type Answer, answerToSubmission, busy } from "../domain/answer.js";
import { answeredVector } from "../domain/charging-vector.js";
import { checkBeforeCredentials, checkHeaders, checkMessageBody, type Priorities } from "../domain/check-request.js";
import type { FlowTokens } from "../domain/flow-token.js";
import type { MessageIds } from "../domain/message-ids.js";
import type { OpenRequests } from "../domain/open-requests.js";
import { checkPrivacy, privacyOf } from "../domain/privacy.js";
import { readPagerMessage } from "../domain/read-pager-message.js";
import type { Events, Refusal } from "../events.js";
import type { Reply, Services, UseCase, World } from "../ports.js";
import type { Established, identify } from "./identify.js";
import type { relayOverFlow } from "./relay-over-flow.js";

interface Deps {
  readonly bus: Services;
  readonly world: World;
  readonly identify: ReturnType<typeof identify>;
  readonly relayOverFlow: ReturnType<typeof relayOverFlow>;
  readonly tokens: FlowTokens;
  readonly openRequests: OpenRequests;
  readonly ids: MessageIds;
  readonly clock: Pick<Clock, "nowMs">;
  readonly events: Events;
  readonly priorities: Priorities;
  readonly requiresServiceTag: boolean;
  /** Our name in Warning and in charging vectors. */
  readonly host: string;
}

/**
 * Takes a pager-mode MESSAGE.
 *
 * Goes on to `participating/src/handlers/originate-pager-message.ts` when its sender is one of our users, else to
 * `participating/src/handlers/terminate-pager-message.ts`.
 *
 * @spec GEN-04 @spec GEN-09 @spec PF-01 @spec PF-02 @spec PF-54 @spec rfc3428#7
 */
export function receiveMessage(deps: Deps): UseCase {
  const { bus, world, openRequests, events } = deps;
  return async (incoming) => {
    const receivedAtMs = deps.clock.nowMs();
    const { request, flow } = incoming;
    const book = world.addressBook();
    if (!book) return busy("Domains Not Known Yet");
    const addressing = addressRequest(request, flow, book);
    if (addressing.kind === "refused") return refuse(addressing.answer, "malformed");
    const early = checkBeforeCredentials(request);
    if (early) return refuse(early, "extension");
    const { address, isIncoming } = leadsToFlow(addressing.address, flow);
    const source = world.sourceOf(incoming);
    const found = await deps.identify({ incoming, source, address, book });
    if (found.kind === "answer") return found.answer;
    const refusal = checkContents(request, source.kind === "core");
    if (refusal) return refusal;
    const read = { incoming, address, book, found, receivedAtMs, isFromCore: source.kind === "core" };
    if (isIncoming) return deps.relayOverFlow(incoming, address, toMessage(read), source);
    if (!found.recipient) return refuse({ status: 404, reason: "No User In The Request-URI" }, "malformed");
    const close = openRequests.open(request, address.requestUri, found.direction);
    if (!close) return refuse({ status: 482, reason: cameThroughUs(request, book) ? "Loop Detected" : "Request Merged" }, "loop");
    try {
      return await submit(toMessage(read), found, read);
    } finally {
      close();
    }
  };

  async function submit(message: PagerMessage, { direction }: Established, { book, isFromCore }: Read): Promise<Reply> {
    const subject = direction === "originate" ? participating.originatePagerMessage : participating.terminatePagerMessage;
    const answer = answerToSubmission(await bus.request(subject, {}, message), deps.host);
    return isFromCore ? withVector(answer, message, book) : answer;
  }

  function toMessage({ incoming: { request, flow }, address, book, found, receivedAtMs, isFromCore }: Read): PagerMessage {
    const { domains } = book;
    return readPagerMessage(request, {
      id: deps.ids.next(),
      receivedAtMs,
      transport: flow.transport,
      requestUri: address.requestUri,
      recipient: found.recipient?.aor ?? "",
      sender: found.sender,
      privacy: privacyOf(request.headers),
      route: isFromCore ? address.route : [],
      isFromCore,
      host: deps.host,
      network: domains.partyOfAor(found.sender.aor).domain ?? deps.host,
      isOwnRealm: (realm) => domains.nameOf(realm.toLowerCase()) !== undefined,
    });
  }

  /** Whether our own Route says over which flow to send it on; then its Request-URI is a contact there. @spec GEN-28 */
  function leadsToFlow(address: Address, flow: Flow): { address: Address; isIncoming: boolean } {
    const { flowToken } = address;
    if (flowToken === undefined || deps.tokens.isFor(flowToken, flow.id)) return { address, isIncoming: false };
    return { address: { ...address, isOpaque: true }, isIncoming: true };
  }

  /** Extensions, then the body, then what the operator asks for. @spec GEN-04 @spec GEN-09 */
  function checkContents(request: SipRequest, isTrusted: boolean): Answer | undefined {
    const headers = checkHeaders(request, deps.priorities, isTrusted) ?? checkPrivacy(privacyOf(request.headers));
    if (headers) return refuse(headers, "extension");
    const body = checkMessageBody(request);
    if (body) return refuse(body, "body");
    if (!deps.requiresServiceTag || hasServiceTag(request)) return undefined;
    return refuse({ status: 403, reason: "Not A Request For The Instant Messaging Service" }, "extension");
  }

  function refuse(answer: Answer, why: Refusal): Answer {
    events.refused(why);
    return answer;
  }
}

interface Read {
  readonly incoming: IncomingRequest;
  readonly address: Address;
  readonly book: AddressBook;
  readonly found: Established;
  readonly receivedAtMs: number;
  readonly isFromCore: boolean;
}

/** @spec GEN-09 */
function hasServiceTag({ headers }: SipRequest): boolean {
  return headers.all("Accept-Contact").some((value) => value.toLowerCase().includes("+g.oma.sip-im"));
}

/** Whether a Via below the top one is ours. @spec GEN-03 @spec rfc3261#16.3 */
function cameThroughUs({ headers }: SipRequest, { own }: AddressBook): boolean {
  return headers
    .values("Via")
    .slice(1)
    .some((value) => {
      const via = parseVia(value);
      return via.ok && own.has(via.value.host, via.value.port);
    });
}

/** A trusted core reads in the answer which network answered. @spec GEN-16 */
function withVector(answer: Answer, { headers, recipient }: PagerMessage, { domains }: AddressBook): Answer {
  const vector = headers.find(([name]) => name.toLowerCase() === "p-charging-vector")?.[1];
  const network = domains.partyOfAor(recipient).domain ?? domains.first;
  if (vector === undefined || network === undefined) return answer;
  const field: HeaderField = answeredVector(vector, network);
  return { ...answer, headers: [...(answer.headers ?? []), field] };
}
