import type { Chance } from "@heliograph/kernel";
import { createSessionId } from "@heliograph/msrp";
import { hostText, reachableAddress } from "@heliograph/sockets";
import type { MsrpListeningPoint, MsrpTransportName } from "./connection.js";

/** The port of a URI that nobody can connect to. @spec rfc6135#4.2.2 @spec MS-14 */
const discardPort = 9;

const transportsFor: Readonly<Record<"tcp" | "tls" | "ws", readonly MsrpTransportName[]>> = {
  tcp: ["tcp"],
  tls: ["tls"],
  ws: ["wss", "ws"],
};

/**
 * A new URI for a session: at a listener where there is one for its transport. A WebSocket client without one has no
 * address at all.
 *
 * @spec rfc4975#6
 * @spec rfc7977#5.2.1
 * @spec MS-05
 * @spec MS-22
 */
export function createSessionUri(
  reach: "tcp" | "tls" | "ws",
  chance: Chance,
  { host, points }: { readonly host: string | undefined; readonly points: readonly MsrpListeningPoint[] },
): string {
  const point = points.find(({ transport }) => transportsFor[reach].includes(transport));
  const sessionId = createSessionId(chance);
  if (!point && reach === "ws") return `msrps://${labelOf(chance)}.invalid:2855/${sessionId};ws`;
  const { transport, address, port } = point ?? { transport: reach, address: "0.0.0.0", port: discardPort };
  const scheme = transport === "tcp" || transport === "ws" ? "msrp" : "msrps";
  const authority = `${hostText(host ?? reachableAddress(address))}:${port}`;
  return `${scheme}://${authority}/${sessionId};${reach === "ws" ? "ws" : "tcp"}`;
}

function labelOf(chance: Chance): string {
  return `c${chance
    .token(8)
    .toLowerCase()
    .replace(/[^a-z0-9]/g, "x")}`;
}
