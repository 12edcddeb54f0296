import {
  type DialogWay,
  type Flow,
  type ListeningPoint,
  parseUri,
  type SipUri,
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
  const uri = parseUri(text);
  if (!uri.ok || (uri.value.scheme !== "sip" && uri.value.scheme !== "sips")) return false;
  const { host, isIpv6 } = uri.value;
  if (host.endsWith(".invalid")) return true;
  if (!isIpv6 && !/^[\d.]+$/.test(host)) return false;
  if (host !== flow.remoteAddress) return true;
  const isFarPort = portOf(uri.value) === flow.remotePort;
  return flow.transport === "udp" ? leadsToUdp(uri.value) && !isFarPort : isFarPort && cameToUs(flow, points);
}

const portOf = ({ scheme, port }: SipUri): number => port ?? (scheme === "sips" ? 5061 : 5060);

const leadsToUdp = ({ scheme, params }: SipUri): boolean =>
  scheme === "sip" && (params.get("transport") ?? "udp").toLowerCase() === "udp";

/** Whether the peer has opened the connection: from a port on which it does not listen. */
function cameToUs({ transport, localPort }: Flow, points: readonly ListeningPoint[]): boolean {
  return points.some((point) => point.transport === transport && point.port === localPort);
}
