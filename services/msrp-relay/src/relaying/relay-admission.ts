import type { Chance, Clock } from "@heliograph/kernel";
import {
  createReport,
  createTid,
  formatRequest,
  parseMsrpUri,
  readSend,
  type RequestHead,
} from "@heliograph/msrp";
import type { Admission } from "../bridging/door.js";
import type { Line } from "../bridging/line.js";
import { nobody, type RequestTaker } from "../bridging/request-taker.js";
import type { RelayPoints } from "../domain/relay-points.js";
import type { Events } from "../events.js";
import { ForwardedRequest } from "./forwarded-request.js";
import { ForwardedSend } from "./forwarded-send.js";
import { Grant } from "./grant.js";
import type { Grants } from "./grants.js";
import type { NextHops } from "./next-hops.js";

interface Deps {
  readonly clock: Clock;
  readonly chance: Chance;
  readonly points: RelayPoints;
  readonly grants: Grants;
  readonly hops: NextHops;
  readonly events: Pick<Events, "carried" | "refused" | "forwarded">;
}

/**
 * Requests to a URI that the relay gave to a client: they come from that client or go to it, and go on by their path.
 *
 * @spec rfc4976#6.4
 * @spec MS-21
 * @spec MS-25
 */
export class RelayAdmission implements Admission {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  admit(line: Line, head: RequestHead): RequestTaker | undefined {
    const [target = "", next] = head.toPath;
    const tenant = line.tenantAt(target);
    const grant = tenant instanceof Grant ? tenant : this.#deps.grants.find(target);
    if (grant === undefined) return this.#misled(line, head);
    const nowMs = this.#deps.clock.monotonicMs();
    if (grant.expiresAtMs <= nowMs || next === undefined) return refuse(line, head, 481);
    const direction = grant.directionOf(line, head);
    if (direction === "astray") return refuse(line, head, 403);
    grant.visitor.lastUsedMs = nowMs;
    if (direction === "from client") return this.#goOn(line, grant, head, next);
    if (line !== grant.visitor.line) grant.learn(head.fromPath[0] ?? "", line);
    const { line: back } = grant.visitor;
    return back.isClosed ? this.#goOn(line, grant, head, next) : this.#forward(line, grant, head, back);
  }

  /**
   * The URI is none of ours. A client that goes on about somebody else is sent away; a relay has been misled itself, and
   * the sender is told.
   *
   * @spec rfc4976#6.2
   * @spec rfc4976#6.4.1
   * @spec MS-25
   * @spec R-msrp-relay-5
   */
  #misled(line: Line, head: RequestHead): RequestTaker | undefined {
    const visitor = this.#deps.grants.knownVisitor(line);
    const [target = ""] = head.toPath;
    const uri = parseMsrpUri(target);
    if (visitor?.isKept !== true || !uri.ok || this.#deps.points.has(uri.value)) return undefined;
    if (head.method === "AUTH") return undefined;
    this.#deps.events.refused(481);
    if (visitor.isRelay) this.#report(line, head, target);
    else line.connection.destroy("a request for somebody else");
    return nobody;
  }

  #report(line: Line, head: RequestHead, from: string): void {
    const send = head.method === "SEND" ? readSend(head) : undefined;
    if (send?.ok !== true) return;
    const byteRange = send.value.byteRange ?? { start: 1, end: undefined, total: undefined };
    const tid = createTid(this.#deps.chance);
    const report = createReport(head, send.value, { tid, from, status: 481, byteRange });
    if (report !== undefined) line.outlet.writeWhole(formatRequest(report));
  }

  /** Over the connection of the next hop, as soon as there is one. */
  #goOn(line: Line, grant: Grant, head: RequestHead, next: string): RequestTaker {
    const out = grant.lineTo(next);
    if (out !== undefined) return this.#forward(line, grant, head, out);
    const open = () => this.#deps.hops.reach(next, head.method);
    return grant.waitFor(next, open)?.add(line, head) ?? refuse(line, head, 408);
  }

  #forward(line: Line, grant: Grant, head: RequestHead, out: Line): RequestTaker {
    this.#deps.events.forwarded();
    if (head.method !== "SEND") return new ForwardedRequest({ line, out, head, grant }, this.#deps);
    const send = readSend(head);
    if (!send.ok) return refuse(line, head, 400);
    return new ForwardedSend({ line, out, head, send: send.value }, this.#deps);
  }
}

function refuse(line: Line, head: RequestHead, status: number): RequestTaker {
  line.refuse(head, status, head.toPath[0] ?? "");
  return nobody;
}
