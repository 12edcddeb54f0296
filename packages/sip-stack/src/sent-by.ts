import { networkInterfaces } from "node:os";
import type { TransportName } from "@heliograph/sip";
import type { SentBy } from "./peer.js";

/** The port that a Via without one means. @spec rfc3261#18.2.2 @spec rfc7118#5.5 */
export function defaultPortOf(transport: TransportName): number {
  switch (transport) {
    case "tls":
      return 5061;
    case "ws":
      return 80;
    case "wss":
      return 443;
    default:
      return 5060;
  }
}

/** A host as it stands in a URI or a Via: an IPv6 address in brackets and without its zone. @spec rfc5118#4.5 */
export function hostText(address: string): string {
  if (!address.includes(":")) return address;
  const zone = address.indexOf("%");
  return `[${zone < 0 ? address : address.slice(0, zone)}]`;
}

/** A socket's address the way the other family would not confuse it: an IPv4-mapped IPv6 address is IPv4. */
export function plainAddress(address: string): string {
  return address.startsWith("::ffff:") && address.includes(".") ? address.slice(7) : address;
}

/** What the Via of requests from a listener names: what was configured, or an address where it can be reached. */
export function sentByOf(
  local: { readonly address: string; readonly port: number },
  advertise?: { readonly host: string; readonly port?: number },
): SentBy {
  const host = advertise?.host ?? hostText(reachable(local.address));
  return { host: host.toLowerCase(), port: advertise?.port ?? local.port };
}

/** Whether the sent-by of a Via is this one. @spec rfc3261#18.1.2 */
export function namesSentBy(
  via: { readonly host: string; readonly port: number | undefined },
  own: SentBy,
  defaultPort: number,
): boolean {
  return (
    (via.port ?? defaultPort) === own.port && (via.host === own.host || via.host.toLowerCase() === own.host)
  );
}

function reachable(address: string): string {
  if (address !== "0.0.0.0" && address !== "::") return address;
  const family = address === "::" ? "IPv6" : "IPv4";
  for (const addresses of Object.values(networkInterfaces())) {
    const found = addresses?.find(
      (one) => one.family === family && !one.internal && one.scopeid === undefined,
    );
    if (found) return found.address;
  }
  return family === "IPv6" ? "::1" : "127.0.0.1";
}
