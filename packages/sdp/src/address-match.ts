import { bareHostOf } from "./connection-line.js";
import type { MsrpMedia } from "./msrp-media.js";

/** The addresses that DNS gave for the names that `namesToResolve` listed. */
export type Resolved = ReadonlyMap<string, readonly string[]>;

const discardPort = 9;

/**
 * Whether a section's c/m-line is the address of one of the URIs in its path. Ports are not compared for a side
 * that will connect itself: it has none to say.
 *
 * @spec rfc6714#4.4
 * @spec R-sdp-3
 */
export function pathMatchesConnection(media: MsrpMedia, resolved: Resolved = new Map()): boolean {
  const isPortless = media.setup === "active" || media.line.port === discardPort;
  const own = addressesOf(media.host, resolved);
  return media.path.some(
    ({ host, port }) =>
      (isPortless || port === media.line.port) &&
      addressesOf(host, resolved).some((address) => own.includes(address)),
  );
}

/** The names to look up before `pathMatchesConnection` can decide; none when the text alone decides. */
export function namesToResolve(media: MsrpMedia): readonly string[] {
  if (pathMatchesConnection(media)) return [];
  const hosts = [media.host, ...media.path.map(({ host }) => host)];
  return [...new Set(hosts.map((host) => host.toLowerCase()).filter((host) => !isAddress(host)))];
}

function addressesOf(host: string, resolved: Resolved): readonly string[] {
  const name = host.toLowerCase();
  return [name, ...(resolved.get(name) ?? [])].map(canonicalAddress);
}

function isAddress(host: string): boolean {
  return host.includes(":") || /^\d+\.\d+\.\d+\.\d+$/.test(host);
}

/** One text for one address. @spec rfc5952#4 */
function canonicalAddress(host: string): string {
  const bare = bareHostOf(host).toLowerCase();
  if (!bare.includes(":")) return bare;
  return URL.canParse(`http://[${bare}]/`) ? bareHostOf(new URL(`http://[${bare}]/`).hostname) : bare;
}
