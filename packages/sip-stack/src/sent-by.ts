import type { TransportName } from "@heliograph/sip";
import { hostText, reachableAddress } from "@heliograph/sockets";
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

/** What the Via of requests from a listener names: what was configured, or an address where it can be reached. */
export function sentByOf(
  local: { readonly address: string; readonly port: number },
  advertise?: { readonly host: string; readonly port?: number },
): SentBy {
  const host = advertise?.host ?? hostText(reachableAddress(local.address));
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
