import type { Chance, Clock, Timer } from "@heliograph/kernel";
import { createSessionId, parseMsrpUri } from "@heliograph/msrp";
import type { Line } from "../bridging/line.js";
import { type RelayPoints, uriAt } from "../domain/relay-points.js";
import { Grant, type GrantParts } from "./grant.js";
import { Visitor } from "./visitor.js";

interface Deps {
  readonly clock: Clock;
  readonly chance: Chance;
  readonly points: RelayPoints;
  /** Names by which the operator knows neighbouring relays, in lower case. */
  readonly relays: readonly string[];
  readonly maxGrants: number;
  /** How long a client's connection may carry nothing. @spec MS-28 */
  readonly idleMs: number;
}

const sweepMs = 5_000;
/** URIs that one client has at the same time; a relay has many clients. */
const mostOfClient = 256;

/** Every URI that the relay has given out, and who came for one. */
export class Grants {
  readonly #deps: Deps;
  readonly #relays: ReadonlySet<string>;
  readonly #byId = new Map<string, Grant>();
  readonly #visitors = new Map<Line, Visitor>();
  #sweeping: Timer | undefined;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#relays = new Set(deps.relays);
  }

  /** How many are valid. */
  get size(): number {
    return this.#byId.size;
  }

  /** Who is at the far end of a connection that brought an AUTH. */
  visitorOf(line: Line): Visitor {
    const known = this.#visitors.get(line);
    if (known !== undefined) return known;
    const visitor = new Visitor(line, this.#relays, this.#deps.clock.monotonicMs());
    this.#visitors.set(line, visitor);
    line.connection.onClosed(() => this.#visitors.delete(line));
    return visitor;
  }

  /** The same, of one that brought any. */
  knownVisitor(line: Line): Visitor | undefined {
    return this.#visitors.get(line);
  }

  /**
   * A new URI of ours: 144 random bits, our host, an explicit port. Undefined: there are too many.
   *
   * @spec rfc4976#6.3
   * @spec MS-24
   */
  issue(parts: Omit<GrantParts, "uri" | "expiresAtMs"> & { readonly expiresS: number }): Grant | undefined {
    const { clock, chance, points, maxGrants } = this.#deps;
    if (this.#byId.size >= maxGrants) return undefined;
    if (parts.relay === undefined && parts.visitor.grants >= mostOfClient) return undefined;
    parts.visitor.grants += 1;
    const sessionId = createSessionId(chance);
    const uri = uriAt(points.pointFor("tls"), sessionId);
    const expiresAtMs = clock.monotonicMs() + parts.expiresS * 1_000;
    const grant = new Grant({ ...parts, uri, expiresAtMs }, () => this.#revoke(sessionId));
    this.#byId.set(sessionId, grant);
    parts.visitor.line.bind(uri.text, grant);
    this.#sweepLater();
    return grant;
  }

  /** The grant of a URI, however that is written. @spec MS-04 @spec MS-25 */
  find(text: string): Grant | undefined {
    const uri = parseMsrpUri(text);
    if (!uri.ok || uri.value.sessionId === undefined) return undefined;
    const grant = this.#byId.get(uri.value.sessionId);
    return grant !== undefined && this.#deps.points.has(uri.value) ? grant : undefined;
  }

  /** Forgets all of them. */
  stop(): void {
    this.#sweeping?.cancel();
    this.#sweeping = undefined;
    for (const id of this.#byId.keys()) this.#revoke(id);
  }

  #revoke(sessionId: string): void {
    const grant = this.#byId.get(sessionId);
    this.#byId.delete(sessionId);
    grant?.end();
  }

  #sweepLater(): void {
    this.#sweeping ??= this.#deps.clock.after(sweepMs, () => this.#sweep());
  }

  #sweep(): void {
    this.#sweeping = undefined;
    const nowMs = this.#deps.clock.monotonicMs();
    for (const [id, grant] of this.#byId) if (grant.expiresAtMs <= nowMs) this.#revoke(id);
    for (const visitor of this.#visitors.values())
      if (visitor.isKept && nowMs - visitor.lastUsedMs >= this.#deps.idleMs) visitor.letGo();
    if (this.#byId.size > 0 || this.#visitors.size > 0) this.#sweepLater();
  }
}
