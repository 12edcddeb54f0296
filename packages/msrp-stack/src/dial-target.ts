import { resolveSrv } from "node:dns/promises";
import { isIP } from "node:net";
import { nextHopOf, parseMsrpUri, recommendedPort } from "@heliograph/msrp";
import type { ConnectTarget, Fingerprint } from "@heliograph/sdp";
import { ConnectError, type DialTarget, type MsrpTransportName, type ServerProof } from "./connection.js";

/**
 * Where a session's active side connects: the first hop of the path unless something else is said. Undefined: by no
 * transport of ours.
 *
 * @spec rfc4975#5.4
 * @spec MS-14
 * @spec MS-55
 */
export function sessionTargetOf(
  path: readonly string[],
  connectTo: ConnectTarget | undefined,
  fingerprints: readonly Fingerprint[],
): DialTarget | undefined {
  const hop = connectTo ?? hopOf(path);
  const transport = hop && transportOf(hop);
  return hop && transport && { transport, host: hop.host, port: hop.port, proof: proofBy(fingerprints) };
}

/**
 * Where a relay is: where its URI says, by SRV where it has no port.
 *
 * @spec rfc4976#8
 * @spec MS-28
 */
export async function relayTargetOf(parts: {
  readonly uri: string;
  readonly connectTo?: ConnectTarget;
  readonly fingerprints?: readonly Fingerprint[];
}): Promise<DialTarget> {
  const uri = parseMsrpUri(parts.uri);
  if (!uri.ok || uri.value.scheme !== "msrps") throw new ConnectError(`${parts.uri} is no relay over TLS`);
  const { host, port, transport: name } = uri.value;
  const hop = parts.connectTo ?? { host, port, isSecure: true, transport: name };
  const transport = transportOf(hop);
  if (!transport) throw new ConnectError(`no transport of ours leads to ${parts.uri}`);
  const proof: ServerProof =
    (parts.fingerprints ?? []).length > 0
      ? proofBy(parts.fingerprints ?? [])
      : { kind: "authority", name: host };
  const place = hop.port === undefined ? await placeOf(host) : { host: hop.host, port: hop.port };
  return { transport, proof, ...place };
}

/** @spec rfc4976#8 @spec MS-28 */
async function placeOf(host: string): Promise<{ readonly host: string; readonly port: number }> {
  if (isIP(host) !== 0) return { host, port: recommendedPort };
  const services = await resolveSrv(`_msrps._tcp.${host}`).catch(() => []);
  const [best] = services.sort((one, other) => one.priority - other.priority || other.weight - one.weight);
  return best ? { host: best.name, port: best.port } : { host, port: recommendedPort };
}

function proofBy(fingerprints: readonly Fingerprint[]): ServerProof {
  return fingerprints.length > 0 ? { kind: "fingerprints", fingerprints } : { kind: "authority" };
}

function hopOf(path: readonly string[]): ConnectTarget | undefined {
  const uri = nextHopOf(path);
  if (uri?.port === undefined) return undefined;
  return { host: uri.host, port: uri.port, isSecure: uri.scheme === "msrps", transport: uri.transport };
}

/** What a URI's scheme and transport mean for a socket. */
function transportOf({
  isSecure,
  transport,
}: Pick<ConnectTarget, "isSecure" | "transport">): MsrpTransportName | undefined {
  if (transport === "tcp") return isSecure ? "tls" : "tcp";
  if (transport === "ws") return isSecure ? "wss" : "ws";
  return undefined;
}
