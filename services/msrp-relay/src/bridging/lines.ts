import type { DialTarget, MsrpConnection, MsrpConnections } from "@heliograph/msrp-stack";
import type { Agreement } from "../domain/plan-media.js";
import type { Events } from "../events.js";
import type { KnownHops } from "./known-hops.js";
import { Line, type LineDeps } from "./line.js";

interface Deps extends LineDeps {
  readonly connections: Pick<MsrpConnections, "connect">;
  readonly hops: KnownHops;
  readonly events: Pick<Events, "malformed" | "refused" | "dialFailed">;
}

/** Failed attempts to reach one place, and how long they count. @spec MS-58 */
const mostFailures = 5;
const failureWindowMs = 60_000;
/** Places whose failures are remembered. */
const mostPlaces = 10_000;

interface Failures {
  count: number;
  readonly sinceMs: number;
}

/**
 * Every connection of the relay, opened by whomever: one line each.
 *
 * @spec rfc4975#5.4
 * @spec MS-13
 */
export class Lines {
  readonly #deps: Deps;
  readonly #lines = new Map<MsrpConnection, Line>();
  readonly #failures = new Map<string, Failures>();

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** How many are open. */
  get size(): number {
    return this.#lines.size;
  }

  /** Somebody connected to us. */
  accept(connection: MsrpConnection): Line {
    return this.#lineOf(connection);
  }

  /** A connection to where an end wants to be called; undefined: there is none to be had. */
  async dial({ connectTo, fingerprints }: Agreement): Promise<Line | undefined> {
    if (connectTo === undefined) return undefined;
    const { host, port, isSecure } = connectTo;
    const known = this.#deps.hops.find(connectTo, fingerprints);
    if (known !== undefined) return known;
    return this.dialTo({
      transport: isSecure ? "tls" : "tcp",
      host,
      port,
      proof: fingerprints.length > 0 ? { kind: "fingerprints", fingerprints } : { kind: "authority" },
    });
  }

  /** A connection to a place, where one is to be had. @spec MS-58 */
  async dialTo(target: DialTarget): Promise<Line | undefined> {
    const place = `${target.host.toLowerCase()}:${target.port}`;
    if (this.#hasFailedOften(place)) return undefined;
    try {
      return this.#lineOf(await this.#deps.connections.connect(target));
    } catch (cause) {
      this.#countFailure(place);
      this.#deps.events.dialFailed(cause instanceof Error ? cause.message : String(cause));
      return undefined;
    }
  }

  #lineOf(connection: MsrpConnection): Line {
    const known = this.#lines.get(connection);
    if (known !== undefined) return known;
    const line = new Line(connection, this.#deps);
    this.#lines.set(connection, line);
    connection.onClosed(() => this.#lines.delete(connection));
    connection.start(line);
    return line;
  }

  #hasFailedOften(place: string): boolean {
    const failures = this.#failures.get(place);
    if (failures === undefined) return false;
    if (this.#deps.clock.monotonicMs() - failures.sinceMs < failureWindowMs)
      return failures.count >= mostFailures;
    this.#failures.delete(place);
    return false;
  }

  #countFailure(place: string): void {
    const failures = this.#failures.get(place) ?? { count: 0, sinceMs: this.#deps.clock.monotonicMs() };
    failures.count += 1;
    this.#failures.set(place, failures);
    if (this.#failures.size <= mostPlaces) return;
    for (const oldest of this.#failures.keys()) {
      this.#failures.delete(oldest);
      return;
    }
  }
}
