import type { Chance } from "@heliograph/kernel";
import {
  type ContinuationFlag,
  createTid,
  forwardRequest,
  forwardResponse,
  type RequestHead,
  type ResponseHead,
} from "@heliograph/msrp";
import type { Line } from "../bridging/line.js";
import type { AnswerTaker, RequestTaker } from "../bridging/request-taker.js";
import { isAuthFailure } from "../domain/auth-terms.js";
import { type Grant, isSameUri } from "./grant.js";

/**
 * A request other than SEND on its way through: AUTH to another relay, REPORT, and methods that we need not know. Its
 * response, if there is one, comes the whole way back.
 *
 * @spec rfc4976#6.4.2
 * @spec rfc4976#6.4.3
 * @spec MS-21
 * @spec MS-27
 */
export class ForwardedRequest implements RequestTaker, AnswerTaker {
  /** A response may be long in coming, or never come: nobody is told. @spec MS-27 */
  readonly dueMs = 0;
  readonly isLenient = true;
  readonly #line: Line;
  readonly #out: Line;
  readonly #head: RequestHead;
  readonly #grant: Grant;
  readonly #chance: Chance;
  /** 10240 octets at most: that is how much a request other than SEND may have. @spec MS-02 */
  #pieces: Uint8Array[] = [];

  constructor(
    parts: { readonly line: Line; readonly out: Line; readonly head: RequestHead; readonly grant: Grant },
    { chance }: { readonly chance: Chance },
  ) {
    this.#line = parts.line;
    this.#out = parts.out;
    this.#head = parts.head;
    this.#grant = parts.grant;
    this.#chance = chance;
  }

  onBody(octets: Uint8Array): void {
    this.#pieces.push(Buffer.from(octets));
  }

  onEnd(flag: ContinuationFlag): void {
    const head = this.#head;
    if (flag !== "$") return this.#line.refuse(head, 400, this.#own);
    if (this.#out.isClosed) return this.#line.refuse(head, 408, this.#own);
    const tid = createTid(this.#chance);
    const hop = { tid, toPath: head.toPath.slice(1), fromPath: [this.#own, ...head.fromPath] };
    if (head.method !== "REPORT") this.#out.ask(tid, this);
    this.#out.outlet.writeWhole(forwardRequest(head, hop, Buffer.concat(this.#pieces), "$"));
    this.#out.outlet.holdBack(this.#line);
  }

  onBroken(): void {
    this.#pieces = [];
  }

  /** What does not come back to us first was not meant for us. @spec rfc4976#6.4.3 @spec MS-27 */
  onAnswer(_status: number, _comment: string | undefined, response?: ResponseHead): void {
    if (this.#line.isClosed) return;
    if (response === undefined) return this.#line.respond(this.#head, 408, this.#own);
    const [own, ...toPath] = response.toPath;
    if (own === undefined || toPath.length === 0 || !isSameUri(own, this.#own)) return;
    const hop = { tid: this.#head.tid, toPath, fromPath: [own, ...response.fromPath] };
    this.#line.outlet.writeWhole(forwardResponse(response, hop));
    this.#line.outlet.holdBack(this.#line);
    this.#watch(response);
  }

  /** A client may try passwords at another relay no longer than here. @spec rfc4976#6.3 @spec MS-23 */
  #watch({ status, fields }: ResponseHead): void {
    if (this.#head.method !== "AUTH" || status !== 401) return;
    const challenges = [...fields]
      .filter(([name]) => /^www-authenticate$/i.test(name))
      .map(([, value]) => value);
    const hadCredentials = this.#head.fields.get("Authorization") !== undefined;
    if (this.#line === this.#grant.visitor.line && isAuthFailure(hadCredentials, challenges))
      this.#grant.visitor.failed();
  }

  get #own(): string {
    return this.#head.toPath[0] ?? "";
  }
}
