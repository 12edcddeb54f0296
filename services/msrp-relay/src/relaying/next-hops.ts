import type { Chance } from "@heliograph/kernel";
import { type MsrpUri, parseMsrpUri } from "@heliograph/msrp";
import type { DialTarget } from "@heliograph/msrp-stack";
import type { Line } from "../bridging/line.js";
import type { Agreement } from "../domain/plan-media.js";
import type { RelayPoints } from "../domain/relay-points.js";
import type { Lines } from "../bridging/lines.js";
import type { Names } from "../ports.js";
import { innerConnections } from "./inner-connection.js";

interface Deps {
  readonly lines: Pick<Lines, "accept" | "dial" | "dialTo">;
  readonly points: RelayPoints;
  readonly names: Pick<Names, "relayOf">;
  readonly chance: Chance;
}

const discardPort = 9;

/**
 * Finds the way to a next hop: within the relay where the URI is one of its own, over a connection that is open to the
 * place, or over a new one.
 *
 * @spec rfc4976#6.4.2
 * @spec MS-28
 */
export class NextHops {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** A connection to a next hop; undefined: there is none to be had. Only the URI of an AUTH may lack a port. @spec MS-28 */
  async reach(text: string, method: string): Promise<Line | undefined> {
    const uri = parseMsrpUri(text);
    if (!uri.ok) return undefined;
    if (this.#deps.points.has(uri.value)) return this.#within(uri.value)[0];
    const target = await this.#targetOf(uri.value, method === "AUTH");
    return target && this.#deps.lines.dialTo(target);
  }

  /** A connection for the end of an anchored session, which may be behind this very relay. */
  async dialFor(agreement: Agreement): Promise<Line | undefined> {
    const uri = parseMsrpUri(agreement.path[0] ?? "");
    const isOwn = agreement.path.length > 1 && uri.ok && this.#deps.points.has(uri.value);
    return isOwn ? this.#within(uri.value)[1] : this.#deps.lines.dial(agreement);
  }

  #within(uri: MsrpUri): readonly [Line, Line] {
    const secure = uri.scheme === "msrps";
    const plain = uri.transport === "ws" ? "ws" : "tcp";
    const transport = secure ? ({ ws: "wss", tcp: "tls" } as const)[plain] : plain;
    const [one, other] = innerConnections(transport, `inner-${this.#deps.chance.token(9)}`);
    return [this.#deps.lines.accept(one), this.#deps.lines.accept(other)];
  }

  /** TCP and TLS alone: who comes by WebSocket cannot be called. @spec MS-22 @spec MS-55 */
  async #targetOf(uri: MsrpUri, mayLackPort: boolean): Promise<DialTarget | undefined> {
    const { scheme, host, port, transport } = uri;
    if (transport !== "tcp" || port === 0 || port === discardPort) return undefined;
    if (port === undefined && !mayLackPort) return undefined;
    const place = port === undefined ? await this.#deps.names.relayOf(host) : { host, port };
    if (scheme === "msrp") return { transport: "tcp", ...place };
    return { transport: "tls", ...place, proof: { kind: "authority", name: host } };
  }
}
