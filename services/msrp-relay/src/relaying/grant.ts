import { msrpUriKeyOf, parseMsrpUri, type RequestHead } from "@heliograph/msrp";
import type { PathUri } from "@heliograph/sdp";
import { HeldRequests } from "../bridging/held-requests.js";
import type { Line, Tenant } from "../bridging/line.js";
import type { Visitor } from "./visitor.js";

/** What a grant is made of. */
export interface GrantParts {
  readonly uri: PathUri;
  /** Who authenticated. */
  readonly aor: string;
  /** From-Path of the AUTH: what leads back to the client, the next hop first. */
  readonly clientPath: readonly string[];
  /** The connection that brought the AUTH. */
  readonly visitor: Visitor;
  /** The neighbouring relay that proved to be this host; undefined: a client, or what looks like one. */
  readonly relay: string | undefined;
  readonly expiresAtMs: number;
}

/** Which way a request goes. */
export type Direction = "to client" | "from client" | "astray";

/** Next hops of one session, and of what a client that breaks the rule of one session may open. */
const mostHops = 16;

/**
 * A URI that the relay gave to a client, for one session: what it is bound to, and the connections that the session
 * goes on over, away from the client.
 *
 * @spec rfc4976#6.3
 * @spec MS-24
 */
export class Grant implements Tenant {
  readonly uri: PathUri;
  readonly aor: string;
  readonly clientPath: readonly string[];
  readonly visitor: Visitor;
  readonly relay: string | undefined;
  readonly expiresAtMs: number;
  readonly #hops = new Map<string, Line>();
  readonly #opening = new Map<string, HeldRequests>();
  #isEnded = false;
  /** Other connections that the relay has proved to be its own. */
  #otherLines: WeakSet<Line> | undefined;
  readonly #revoke: (grant: Grant) => void;

  constructor(parts: GrantParts, revoke: (grant: Grant) => void) {
    this.uri = parts.uri;
    this.aor = parts.aor;
    this.clientPath = parts.clientPath;
    this.visitor = parts.visitor;
    this.relay = parts.relay;
    this.expiresAtMs = parts.expiresAtMs;
    this.#revoke = revoke;
  }

  /**
   * Whether a request comes from the client's side, or goes there. What does neither is none of the relay's business.
   *
   * @spec rfc4976#6.4
   * @spec MS-25
   */
  directionOf(line: Line, { toPath, fromPath }: RequestHead): Direction {
    const [hop = ""] = this.clientPath;
    if (isSameUri(toPath[1], hop)) return "to client";
    return this.#isOfClient(line) && isSameUri(fromPath[0], hop) ? "from client" : "astray";
  }

  /** @spec MS-24 */
  #isOfClient(line: Line): boolean {
    if (line === this.visitor.line) return true;
    if (this.relay === undefined || this.#otherLines?.has(line)) return this.relay !== undefined;
    if (!this.visitor.isSameRelay(line, this.relay)) return false;
    this.#otherLines ??= new WeakSet();
    this.#otherLines.add(line);
    return true;
  }

  /** The open connection to a next hop. */
  lineTo(hop: string): Line | undefined {
    const line = this.#hops.get(hop);
    return line === undefined || line.isClosed ? undefined : line;
  }

  /** What is known of a next hop: the one that has sent a request of the session is reached the way it came. */
  learn(hop: string, line: Line): boolean {
    if (this.#isEnded) return false;
    if (this.lineTo(hop) !== undefined) return true;
    if (this.#hops.size >= mostHops && !this.#hops.has(hop)) return false;
    this.#hops.set(hop, line);
    line.bind(this.uri.text, this);
    return true;
  }

  /**
   * What waits for a connection that is being opened; `open` opens it when nobody does yet. Undefined: too many are.
   *
   * @spec MS-58
   */
  waitFor(hop: string, open: () => Promise<Line | undefined>): HeldRequests | undefined {
    const waiting = this.#opening.get(hop);
    if (waiting !== undefined || this.#opening.size >= mostHops) return waiting;
    const held = new HeldRequests();
    this.#opening.set(hop, held);
    void open().then((line) => {
      this.#opening.delete(hop);
      if (line !== undefined && !line.isClosed && this.learn(hop, line)) return held.release();
      line?.closeIfVacant();
      held.refuse(408);
    });
    return held;
  }

  /** A client's URI dies with its connection. @spec rfc4976#6.3 @spec MS-24 */
  onLineClosed(line: Line): void {
    for (const [hop, own] of this.#hops) if (own === line) this.#hops.delete(hop);
    if (line === this.visitor.line && this.relay === undefined) this.#revoke(this);
  }

  /** Nothing more goes by this URI. */
  end(): void {
    this.#isEnded = true;
    this.visitor.grants -= 1;
    const lines = new Set([this.visitor.line, ...this.#hops.values()]);
    this.#hops.clear();
    for (const held of this.#opening.values()) held.refuse(481);
    for (const line of lines) line.dismiss(this);
  }
}

/** Whether two URIs are the same end; the same text is. @spec MS-04 */
export function isSameUri(one: string | undefined, other: string): boolean {
  if (one === undefined) return false;
  return one === other || keyOf(one) === keyOf(other);
}

function keyOf(text: string): string {
  const uri = parseMsrpUri(text);
  return uri.ok ? msrpUriKeyOf(uri.value) : text;
}
