import { parseMsrpUri, type RequestHead } from "@heliograph/msrp";
import type { Line } from "./line.js";
import { nobody, type RequestTaker } from "./request-taker.js";

/**
 * One way in which a request may be admitted: because it belongs to an anchored session, because a client of the relay
 * sends it, or because it asks for that.
 */
export interface Admission {
  /** Who takes the request; undefined: it is none of its business. */
  admit(line: Line, head: RequestHead): RequestTaker | undefined;
}

/**
 * Where every request comes in: the admissions are asked in turn, and what none of them takes is answered 481, or 400
 * where its To-Path does not begin with an MSRP URI.
 *
 * @spec rfc4975#7.3
 * @spec rfc4976#6.2
 * @spec MS-03
 * @spec MS-06
 */
export class Door {
  readonly #admissions: readonly Admission[];

  constructor(admissions: readonly Admission[]) {
    this.#admissions = admissions;
  }

  /** Who takes this request. */
  open(line: Line, head: RequestHead): RequestTaker {
    for (const admission of this.#admissions) {
      const taker = admission.admit(line, head);
      if (taker !== undefined) return taker;
    }
    const [target = ""] = head.toPath;
    line.refuse(head, parseMsrpUri(target).ok ? 481 : 400, target);
    return nobody;
  }
}
