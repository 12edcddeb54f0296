import type { Field, HeaderList } from "../header-list.js";
import { parseNameAddr } from "../name-addr.js";
import { formatUri, parseUri } from "../uri.js";
import { ownText } from "./own-text.js";

/** The route set of the side that answered: Record-Route in its order. @spec rfc3261#12.1.1 @spec GEN-39 */
export function routeSetOfRequest(headers: HeaderList): readonly string[] {
  return headers.values("record-route").map(ownText);
}

/** The route set of the side that asked: Record-Route from behind. @spec rfc3261#12.1.2 @spec GEN-39 */
export function routeSetOfResponse(headers: HeaderList): readonly string[] {
  return [...routeSetOfRequest(headers)].reverse();
}

/** The URI of the first Contact, copied; undefined where there is none to be read. @spec rfc3261#12.1.1 */
export function contactUriOf(headers: HeaderList): string | undefined {
  const [contact] = headers.values("contact");
  const parsed = contact === undefined || contact === "*" ? undefined : parseNameAddr(contact);
  return parsed?.ok && parseUri(parsed.value.uri).ok ? ownText(parsed.value.uri) : undefined;
}

/** How a request gets to the remote target. */
export interface Routed {
  readonly requestUri: string;
  readonly routes: readonly Field[];
  /** The URI that RFC 3263 starts from: the topmost Route, or the Request-URI. */
  readonly nextHop: string;
}

/** Request-URI and Route of a request inside a dialog; a strict router comes first in it. @spec rfc3261#12.2.1.1 */
export function routeTo(remoteTarget: string, routeSet: readonly string[]): Routed {
  const [first, ...others] = routeSet;
  if (first === undefined) return { requestUri: remoteTarget, routes: [], nextHop: remoteTarget };
  const nextHop = uriOf(first);
  if (isLoose(nextHop)) return { requestUri: remoteTarget, routes: routeSet.map(toRoute), nextHop };
  return {
    requestUri: withoutMethod(nextHop),
    routes: [...others, `<${remoteTarget}>`].map(toRoute),
    nextHop,
  };
}

function toRoute(value: string): Field {
  return ["Route", value];
}

function uriOf(route: string): string {
  const parsed = parseNameAddr(route);
  return parsed.ok ? parsed.value.uri : route;
}

function isLoose(text: string): boolean {
  const uri = parseUri(text);
  return !uri.ok || (uri.value.scheme !== "sip" && uri.value.scheme !== "sips") || uri.value.params.has("lr");
}

/** What must not stand in a Request-URI: `method` and header fields. @spec rfc3261#19.1.1 */
function withoutMethod(text: string): string {
  const uri = parseUri(text);
  if (!uri.ok || (uri.value.scheme !== "sip" && uri.value.scheme !== "sips")) return text;
  return formatUri({ ...uri.value, headers: "" }).replace(/;method=[^;?]*/i, "");
}
