import {
  type ContinuationFlag,
  createResponse,
  type Field,
  formatResponse,
  parseMsrpUri,
  type RequestHead,
} from "@heliograph/msrp";
import type { Admission } from "../bridging/door.js";
import type { Line } from "../bridging/line.js";
import { nobody, type RequestTaker } from "../bridging/request-taker.js";
import type { Events } from "../events.js";
import type { AuthAsked, AuthOutcome } from "../handlers/authenticate.js";
import type { Grants } from "./grants.js";
import type { Visitor } from "./visitor.js";

interface Deps {
  readonly authenticate: (asked: AuthAsked) => Promise<AuthOutcome>;
  readonly grants: Grants;
  /** Hosts that this relay is known by, in lower case. */
  readonly hosts: ReadonlySet<string>;
  /** Whether the way here is protected, or need not be. @spec MS-20 */
  readonly mayAuthenticateOver: (line: Line) => boolean;
  readonly events: Pick<Events, "broken">;
}

/**
 * AUTH that is for this relay: the only request to a URI without a session.
 *
 * @spec rfc4976#6.3
 * @spec MS-20
 * @spec MS-29
 */
export class AuthAdmission implements Admission {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  admit(line: Line, head: RequestHead): RequestTaker | undefined {
    if (head.method !== "AUTH" || head.toPath.length !== 1 || !this.#isOurs(head.toPath[0])) return undefined;
    if (!this.#deps.mayAuthenticateOver(line)) return refuse(line, head, 403);
    const visitor = this.#deps.grants.visitorOf(line);
    if (!visitor.begin()) return refuse(line, head, 408);
    return new AuthRequest(visitor, head, this.#deps);
  }

  #isOurs(text = ""): boolean {
    const uri = parseMsrpUri(text);
    return uri.ok && uri.value.sessionId === undefined && this.#deps.hosts.has(uri.value.host);
  }
}

/** One of them, from its end to its response. */
class AuthRequest implements RequestTaker {
  readonly #visitor: Visitor;
  readonly #head: RequestHead;
  readonly #deps: Deps;

  constructor(visitor: Visitor, head: RequestHead, deps: Deps) {
    this.#visitor = visitor;
    this.#head = head;
    this.#deps = deps;
  }

  onBody(): void {
    // It has none; one that is there means nothing.
  }

  onEnd(flag: ContinuationFlag): void {
    if (flag === "$") return void this.#run();
    this.#visitor.done();
    refuse(this.#visitor.line, this.#head, 400);
  }

  onBroken(): void {
    this.#visitor.done();
  }

  async #run(): Promise<void> {
    const { toPath, fields } = this.#head;
    const credentials = [...fields].filter(isAuthorization).map(([, value]) => value);
    const asked = { relayUri: toPath[0] ?? "", credentials, expires: fields.get("Expires") };
    try {
      this.#answer(await this.#deps.authenticate(asked));
    } catch (cause) {
      this.#deps.events.broken("an AUTH could not be answered", cause);
      this.#respond(408);
    }
    this.#visitor.done();
  }

  #answer(outcome: AuthOutcome): void {
    switch (outcome.kind) {
      case "challenged":
        this.#respond(401, outcome.challenges.map(challengeField));
        if (outcome.isFailure) this.#visitor.failed();
        return;
      case "refused":
        return this.#respond(outcome.status, [], outcome.reason);
      case "out of bounds":
        return this.#respond(423, [[outcome.field, String(outcome.seconds)]]);
      default:
        return this.#grant(outcome);
    }
  }

  /**
   * Use-Path has the URIs of the relays that the AUTH came through, and ours last.
   *
   * @spec rfc4976#5.1
   * @spec MS-24
   */
  #grant({ aor, expiresS, info }: Extract<AuthOutcome, { kind: "authenticated" }>): void {
    const visitor = this.#visitor;
    if (visitor.line.isClosed) return;
    const { fromPath, toPath } = this.#head;
    const relay = fromPath.length > 1 ? visitor.relayNamed(hostOf(fromPath[0])) : undefined;
    const grant = this.#deps.grants.issue({ aor, expiresS, visitor, relay, clientPath: fromPath });
    if (grant === undefined) return this.#respond(408);
    visitor.keep(toPath[0] ?? "");
    const usePath = [...fromPath.slice(0, -1).reverse(), grant.uri.text].join(" ");
    const proof: Field[] = info === undefined ? [] : [["Authentication-Info", info]];
    this.#respond(200, [["Use-Path", usePath], ["Expires", String(expiresS)], ...proof]);
  }

  #respond(status: number, fields: readonly Field[] = [], comment?: string): void {
    const { line } = this.#visitor;
    const [from = ""] = this.#head.toPath;
    const said = comment === undefined ? {} : { comment };
    const response = createResponse(this.#head, { status, from, fields, ...said });
    if (response === undefined || line.isClosed) return;
    line.outlet.writeWhole(formatResponse(response));
    line.outlet.holdBack(line);
  }
}

function isAuthorization([name]: Field): boolean {
  return name.toLowerCase() === "authorization";
}

function challengeField(value: string): Field {
  return ["WWW-Authenticate", value];
}

function hostOf(text = ""): string {
  const uri = parseMsrpUri(text);
  return uri.ok ? uri.value.host : "";
}

function refuse(line: Line, head: RequestHead, status: number): RequestTaker {
  line.refuse(head, status, head.toPath[0] ?? "");
  return nobody;
}
