import {
  type DialogWay,
  type Flow,
  type ListeningPoint,
  parseUri,
  type Target,
  usualTargetOf,
} from "@heliograph/sip";

/**
 * Which way a request inside a dialog goes; undefined where there is none any more. A peer whose Contact names another
 * address than it speaks from is behind a NAT, and one that names the port of its own connection takes none: both are
 * reached over their flow and not otherwise, as a registration is.
 *
 * @spec GEN-30 @spec rfc3261#12.2.1.1 @spec rfc5626#5.3 @spec R-sip-edge-15
 */
export function sessionTargetOf(way: DialogWay, points: readonly ListeningPoint[]): Target | undefined {
  const { uri, flow, isDirect, isOpen } = way;
  if (!isDirect || !isHidden(uri, flow, points)) return usualTargetOf(way);
  return isOpen ? { kind: "flow", flowId: flow.id } : undefined;
}

function isHidden(text: string, flow: Flow, points: readonly ListeningPoint[]): boolean {
  const parsed = parseUri(text);
  if (!parsed.ok || (parsed.value.scheme !== "sip" && parsed.value.scheme !== "sips")) return false;
  const { scheme, host, port = scheme === "sips" ? 5061 : 5060, isIpv6, params } = parsed.value;
  if (host.endsWith(".invalid")) return true;
  if (!isIpv6 && !/^[\d.]+$/.test(host)) return false;
  if (host !== flow.remoteAddress) return true;
  if (flow.transport !== "udp") return port === flow.remotePort && cameToUs(flow, points);
  const isUdp = scheme === "sip" && (params.get("transport") ?? "udp").toLowerCase() === "udp";
  return isUdp && port !== flow.remotePort;
}

/** Whether the peer has opened the connection: from a port on which it does not listen. */
function cameToUs({ transport, localPort }: Flow, points: readonly ListeningPoint[]): boolean {
  return points.some((point) => point.transport === transport && point.port === localPort);
}
