import { err, ok, type Result } from "@heliograph/kernel";
import { type ListeningPoint, parseHostPort, type TransportName } from "@heliograph/sip";

const transports: ReadonlySet<string> = new Set(["udp", "tcp", "tls", "ws", "wss"] satisfies TransportName[]);

/** Reads `transport:address:port`, an IPv6 address in brackets. @spec GEN-01 */
export function parseListeningPoint(
  text: string,
): Result<ListeningPoint, { readonly rule: string; readonly offset: number }> {
  const colon = text.indexOf(":");
  const transport = text.slice(0, Math.max(colon, 0)).toLowerCase();
  if (!isTransport(transport)) return err({ rule: "udp, tcp, tls, ws or wss", offset: 0 });
  const hostPort = parseHostPort(text, colon + 1);
  if (!hostPort.ok) return hostPort;
  const { host, port } = hostPort.value;
  return port === undefined
    ? err({ rule: "port", offset: text.length })
    : ok({ transport, address: host, port });
}

function isTransport(text: string): text is TransportName {
  return transports.has(text);
}
