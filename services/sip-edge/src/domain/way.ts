import { parseNameAddr } from "@heliograph/sip";

/** Where a request of ours is addressed to, and where it goes. */
export interface Way {
  readonly requestUri: string;
  readonly route: readonly string[];
  /** The URI that is resolved. */
  readonly nextHop: string;
}

/** A first Route without lr is a strict router: it becomes the Request-URI, and ours goes last. @spec rfc3261#16.6 */
export function wayOf(requestUri: string, route: readonly string[]): Way {
  const [first, ...rest] = route;
  const name = first === undefined ? undefined : parseNameAddr(first);
  if (first === undefined || !name?.ok) return { requestUri, route: [], nextHop: requestUri };
  const nextHop = name.value.uri;
  if (/;\s*lr\b/i.test(first)) return { requestUri, route, nextHop };
  return { requestUri: nextHop, route: [...rest, `<${requestUri}>`], nextHop };
}
