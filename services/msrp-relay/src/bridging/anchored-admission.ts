import {
  createReport,
  createTid,
  formatRequest,
  parseMsrpUri,
  readSend,
  type RequestHead,
  type Send,
} from "@heliograph/msrp";
import type { RelayPoints } from "../domain/relay-points.js";
import type { Admission } from "./door.js";
import { End } from "./end.js";
import type { Line } from "./line.js";
import { Passage, type PassageDeps } from "./passage.js";
import { nobody, type RequestTaker } from "./request-taker.js";

/** The ends of all anchored sessions, by the secret in their URIs. */
export type Ends = Map<string, End>;

/** The range of what has no octets. */
const nothing = { start: 1, end: 0, total: 0 };

interface Deps extends PassageDeps {
  readonly points: RelayPoints;
  readonly ends: Ends;
}

/**
 * Requests of the ends of anchored sessions: to the URI of an end, which stands alone in To-Path, on the connection
 * that the end is bound to or is bound to by this.
 *
 * @spec rfc4975#5.4
 * @spec rfc4975#7.3
 * @spec MS-03
 * @spec MS-06
 */
export class AnchoredAdmission implements Admission {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  admit(line: Line, head: RequestHead): RequestTaker | undefined {
    const [target = "", ...beyond] = head.toPath;
    const tenant = line.tenantAt(target);
    const end = tenant instanceof End ? tenant : this.#find(target);
    if (end === undefined) return undefined;
    if (beyond.length > 0) return this.#refuse(line, head, 481);
    if (head.method !== "SEND" && head.method !== "REPORT") return this.#refuse(line, head, 501);
    return end.receive(line, head) ?? this.#carry(line, end, head);
  }

  /** An end by a URI, however that is written. @spec MS-04 */
  #find(target: string): End | undefined {
    const uri = parseMsrpUri(target);
    if (!uri.ok || uri.value.sessionId === undefined) return undefined;
    const end = this.#deps.ends.get(uri.value.sessionId);
    return end !== undefined && this.#deps.points.has(uri.value) ? end : undefined;
  }

  #carry(line: Line, from: End, head: RequestHead): RequestTaker {
    from.session.lastActiveMs = this.#deps.clock.monotonicMs();
    if (head.method === "REPORT") return this.#pass(line, from, head, undefined);
    const send = readSend(head);
    if (!send.ok) return this.#refuse(line, head, 400);
    const { contentType, byteRange } = send.value;
    if (contentType === undefined) return this.#answerBodiless(line, from, head, send.value);
    const refusal =
      from.session.policy.refusalOfHead(contentType, byteRange) ?? from.refusalOf(send.value.messageId);
    if (refusal !== undefined) return this.#refuse(line, head, refusal);
    return this.#pass(line, from, head, send.value);
  }

  #pass(line: Line, from: End, head: RequestHead, send: Send | undefined): RequestTaker {
    const out = from.other.line;
    if (out === undefined) return from.other.hold(line, head);
    return new Passage({ line, from, out, head, send }, this.#deps);
  }

  /** It binds or keeps alive, which is between the two of us, and so is a report on it. @spec rfc4975#7.1.3 @spec MS-16 */
  #answerBodiless(line: Line, from: End, head: RequestHead, send: Send): RequestTaker {
    line.respond(head, 200, from.uri.text);
    const tid = createTid(this.#deps.chance);
    const report = createReport(head, send, { tid, from: from.uri.text, status: 200, byteRange: nothing });
    if (report !== undefined) line.outlet.writeWhole(formatRequest(report));
    return nobody;
  }

  #refuse(line: Line, head: RequestHead, status: number): RequestTaker {
    line.refuse(head, status, head.toPath[0] ?? "");
    return nobody;
  }
}
