import type { msrpRelay } from "@heliograph/contracts";
import { connectionKeyOf, type MsrpUri, parseMsrpUri } from "@heliograph/msrp";
import type { MsrpMedia, MsrpTransport, PathUri } from "@heliograph/sdp";

/** What a listener of ours speaks. */
export type PointTransport = "tcp" | "tls" | "ws" | "wss";

/** Where ends reach us, as a session description says it. */
export interface RelayPoint {
  readonly transport: PointTransport;
  /** A name, or an address without brackets. */
  readonly host: string;
  readonly port: number;
}

/** The best first: what stands in for a listener that is not there. */
const byReach: Readonly<Record<msrpRelay.Reach, readonly PointTransport[]>> = {
  tcp: ["tcp", "tls"],
  tls: ["tls", "tcp"],
  ws: ["wss", "ws"],
};

/** Our listeners by how an end comes to them, and the URIs that lead there. @spec PF-08 @spec MS-22 */
export class RelayPoints {
  readonly #points: ReadonlyMap<PointTransport, RelayPoint>;
  readonly #keys: ReadonlySet<string>;

  /** Of several listeners with one transport, the first is the one that descriptions name. */
  constructor(points: readonly RelayPoint[]) {
    this.#points = new Map([...points].reverse().map((point) => [point.transport, point]));
    this.#keys = new Set(points.flatMap((point) => keyOf(uriText(point, "x"))));
  }

  /** Where an end of this reach is told to come; throws where we do not listen at all. */
  pointFor(reach: msrpRelay.Reach): RelayPoint {
    const found = byReach[reach].map((transport) => this.#points.get(transport)).find((one) => one);
    const [any] = this.#points.values();
    const point = found ?? any;
    if (point === undefined) throw new Error("the relay listens nowhere");
    return point;
  }

  /**
   * Where the author of a section is told to come: to what it speaks itself. A WebSocket client shows itself by the
   * URI of its path, because its description says `TCP/TLS/MSRP` like any other; but one that is behind a relay of its
   * own comes by that relay.
   *
   * @spec rfc7977#5.2.2
   */
  pointOf({ line: { protocol }, path }: MsrpMedia): RelayPoint | undefined {
    const isWebSocket = path[0]?.transport === "ws";
    if (protocol === "TCP/MSRP") return this.#points.get(isWebSocket ? "ws" : "tcp");
    return isWebSocket ? this.#points.get("wss") : this.#points.get("tls");
  }

  /** The protocols that we can take, as an `m=` line says them. */
  get protocols(): readonly MsrpTransport[] {
    const has = (...transports: PointTransport[]) => transports.some((one) => this.#points.has(one));
    return [
      ...(has("tls", "wss") ? ["TCP/TLS/MSRP" as const] : []),
      ...(has("tcp", "ws") ? ["TCP/MSRP" as const] : []),
    ];
  }

  /** Whether a URI leads to a listener of ours, whatever its session-id. @spec MS-04 */
  has(uri: MsrpUri): boolean {
    return this.#keys.has(`${connectionKeyOf(uri)};${uri.transport}`);
  }
}

/** The URI of a session at a listener. @spec rfc4975#6 @spec MS-51 */
export function uriAt(point: RelayPoint, sessionId: string): PathUri {
  const { transport, host, port } = point;
  return {
    text: uriText(point, sessionId),
    isSecure: isSecure(transport),
    host,
    port,
    transport: isWebSocket(transport) ? "ws" : "tcp",
  };
}

/** What an `m=` line says of a listener. @spec rfc4975#8.1 @spec rfc7977#5.2.2 */
export function protocolOf({ transport }: RelayPoint): MsrpTransport {
  return isSecure(transport) ? "TCP/TLS/MSRP" : "TCP/MSRP";
}

/** Whether TLS protects what goes over a listener. */
export function isSecure(transport: PointTransport): boolean {
  return transport === "tls" || transport === "wss";
}

/** Whether a listener takes WebSocket. */
export function isWebSocket(transport: PointTransport): boolean {
  return transport === "ws" || transport === "wss";
}

function uriText({ transport, host, port }: RelayPoint, sessionId: string): string {
  const authority = host.includes(":") ? `[${host}]` : host;
  const scheme = isSecure(transport) ? "msrps" : "msrp";
  return `${scheme}://${authority}:${port}/${sessionId};${isWebSocket(transport) ? "ws" : "tcp"}`;
}

function keyOf(text: string): readonly string[] {
  const uri = parseMsrpUri(text);
  return uri.ok ? [`${connectionKeyOf(uri.value)};${uri.value.transport}`] : [];
}
