import { type Flow, parseNameAddr, parseUri, type SipRequest, type SipUri, type Uri } from "@heliograph/sip";
import type { Answer } from "./answer.js";
import type { OwnAddresses } from "./own-addresses.js";
import type { Party, ServedDomains } from "./served-domains.js";

/** Where a request wants to go, after our own Route is gone and our domain has its own name. */
export interface Address {
  readonly requestUri: string;
  /** Undefined when the request is for the server itself. */
  readonly recipient: Party | undefined;
  /** Whether it cannot be seen here whose the recipient is: a telephone number, or a contact behind a flow. */
  readonly isOpaque: boolean;
  /** Route values that are left, in order. Only a trusted core may say where a request goes next. */
  readonly route: readonly string[];
  /** The Route that named us had the parameter `orig`: a core hands the request over on behalf of its sender. @spec PF-02 */
  readonly marksOriginating: boolean;
  /** What stood before the @ of the Route that named us: a flow token. @spec GEN-28 */
  readonly flowToken: string | undefined;
}

/** What can be known here about addresses. */
export interface AddressBook {
  readonly domains: ServedDomains;
  readonly own: OwnAddresses;
}

export type Addressing =
  | { readonly kind: "addressed"; readonly address: Address }
  | { readonly kind: "refused"; readonly answer: Answer };

/** Reads Request-URI and Route. @spec GEN-05 @spec rfc3261#16.3 @spec rfc3261#16.4 @spec R-sip-edge-6 */
export function addressRequest(request: SipRequest, flow: Flow, { domains, own }: AddressBook): Addressing {
  const named = domains.read(request.requestUri);
  if (!named.ok) {
    const { rule, offset } = named.error;
    return refused({ status: 400, reason: `Request-URI Malformed (${rule} at ${offset})` });
  }
  const { uri, text, party } = named.value;
  if (!party) return refused({ status: 416 });
  const routes = popOwnRoutes(request, (route) => namesUs(route, flow, { domains, own }));
  if (routes === "malformed") return refused({ status: 400, reason: "Route Malformed" });
  const isServer = isSip(uri) && uri.user === undefined && namesUs(uri, flow, { domains, own });
  const recipient = isServer ? undefined : party;
  const { route, marksOriginating, flowToken } = routes;
  const isOpaque = uri.scheme === "tel";
  return {
    kind: "addressed",
    address: { requestUri: text, recipient, isOpaque, route, marksOriginating, flowToken },
  };
}

type Routes = Pick<Address, "route" | "marksOriginating" | "flowToken">;

const noRoutes: Routes = { route: [], marksOriginating: false, flowToken: undefined };

/** Takes away the Route values on top that lead here. @spec rfc3261#16.4 */
function popOwnRoutes(request: SipRequest, isOwn: (uri: SipUri) => boolean): Routes | "malformed" {
  if (!request.headers.has("Route")) return noRoutes;
  const values = request.headers.values("Route");
  let marksOriginating = false;
  let flowToken: string | undefined;
  for (const [index, value] of values.entries()) {
    const uri = uriOf(value);
    if (uri === undefined) return "malformed";
    if (!isSip(uri) || !isOwn(uri)) return { route: values.slice(index), marksOriginating, flowToken };
    marksOriginating ||= uri.params.has("orig");
    flowToken ??= uri.user;
  }
  return { route: [], marksOriginating, flowToken };
}

function uriOf(value: string): Uri | undefined {
  const name = parseNameAddr(value);
  const uri = name.ok ? parseUri(name.value.uri) : undefined;
  return uri?.ok ? uri.value : undefined;
}

function namesUs({ scheme, host, isIpv6, port }: SipUri, flow: Flow, { domains, own }: AddressBook): boolean {
  const defaultPort = scheme === "sips" ? 5061 : 5060;
  if (own.has(host, port, defaultPort)) return true;
  if (host === flow.localAddress && (port ?? defaultPort) === flow.localPort) return true;
  return (
    domains.nameOf(isIpv6 ? `[${host}]` : host) !== undefined && (port === undefined || own.hasPort(port))
  );
}

const isSip = (uri: Uri): uri is SipUri => uri.scheme === "sip" || uri.scheme === "sips";

const refused = (answer: Answer): Addressing => ({ kind: "refused", answer });
