import type { HeaderField, PagerMessage, sipEdge } from "@heliograph/contracts";
import { createRequest, headerKeyOf, parseNameAddr, type SipRequest, type Target } from "@heliograph/sip";
import { headerRoleOf } from "./header-roles.js";
import { privacyLeft, type Visibility, visibilityOutside } from "./privacy.js";

/** What the operator lets out of the trust domain. */
export interface OutsidePolicy {
  /** Whether P-Asserted-Identity goes to untrusted hops when the sender did not ask for privacy. @spec GEN-08 */
  readonly assertsOutside: boolean;
}

/** A request, and where it is sent. */
export interface Outgoing {
  readonly request: SipRequest;
  readonly target: Target;
}

/**
 * The MESSAGE of one leg: Call-ID, CSeq, From and To as they came, one hop less, no Contact. What belongs to the
 * trust domain stays in it, and what the sender wants hidden is.
 *
 * @spec PF-54 @spec GEN-03 @spec GEN-06 @spec GEN-08 @spec GEN-16 @spec SC-08 @spec rfc3428#4
 */
export function writePagerMessage(leg: sipEdge.Leg, { assertsOutside }: OutsidePolicy): Outgoing {
  const { message } = leg;
  const visible = leg.trusted ? undefined : visibilityOutside(message.privacy, assertsOutside);
  const { requestUri, route, nextHop } = routeOf(leg);
  const headers: HeaderField[] = route.map((value): HeaderField => ["Route", value]);
  headers.push(
    ["Max-Forwards", String(Math.max(0, message.maxForwards - 1))],
    ["From", visible && !visible.showsFrom ? anonymous(message.from) : message.from],
    ["To", message.to],
    ["Call-ID", message.callId],
    ["CSeq", `${message.cseq} MESSAGE`],
  );
  if (visible) pushVisible(headers, message, visible);
  else pushEverything(headers, message);
  if (message.contentType !== undefined) headers.push(["Content-Type", message.contentType]);
  return {
    request: createRequest({ method: "MESSAGE", requestUri, headers, body: message.body }),
    target: leg.flowId === undefined ? { kind: "uri", uri: nextHop } : { kind: "flow", flowId: leg.flowId },
  };
}

function pushEverything(headers: HeaderField[], message: PagerMessage): void {
  for (const value of message.sender.asserted) headers.push(["P-Asserted-Identity", value]);
  headers.push(...message.headers);
}

function pushVisible(headers: HeaderField[], message: PagerMessage, visible: Visibility): void {
  const asserted = visible.showsAsserted ? message.sender.asserted : [];
  for (const value of asserted) headers.push(["P-Asserted-Identity", value]);
  for (const field of message.headers) if (leavesTrustDomain(field, visible)) headers.push(field);
  const privacy = privacyLeft(message.privacy);
  if (privacy) headers.push(privacy);
}

/** @spec SC-08 @spec SC-09 @spec rfc7315#6.4 @spec rfc3323#5.3 */
function leavesTrustDomain([name]: HeaderField, { showsPersonal, showsHistory }: Visibility): boolean {
  const key = headerKeyOf(name);
  if (key === "privacy") return false;
  switch (headerRoleOf(key)) {
    case "asserted":
    case "home":
      return false;
    case "personal":
      return showsPersonal;
    case "history":
      return showsHistory;
    default:
      return true;
  }
}

/** From without its name, its tag kept: dialogs and receipts are matched by tag. @spec GEN-08 @spec rfc3323#4.1.1.3 */
function anonymous(from: string): string {
  const name = parseNameAddr(from);
  const tag = name.ok ? name.value.params.get("tag") : undefined;
  return `"Anonymous" <sip:anonymous@anonymous.invalid>${tag === undefined ? "" : `;tag=${tag}`}`;
}

interface Way {
  readonly requestUri: string;
  readonly route: readonly string[];
  /** The URI that is resolved. */
  readonly nextHop: string;
}

/** A first Route without lr is a strict router: it becomes the Request-URI, and ours goes last. @spec rfc3261#16.6 */
function routeOf({ requestUri, route }: sipEdge.Leg): Way {
  const [first, ...rest] = route;
  const name = first === undefined ? undefined : parseNameAddr(first);
  if (first === undefined || !name?.ok) return { requestUri, route: [], nextHop: requestUri };
  const nextHop = name.value.uri;
  if (/;\s*lr\b/i.test(first)) return { requestUri, route, nextHop };
  return { requestUri: nextHop, route: [...rest, `<${requestUri}>`], nextHop };
}
