import { sipCore } from "@heliograph/contracts";
import { type Clock, unreachable } from "@heliograph/kernel";
import type { SipRequest } from "@heliograph/sip";
import { type Answer, challengeBy } from "../domain/answer.js";
import { attemptNameOf } from "../domain/attempt-name.js";
import { type Claim, readClaim } from "../domain/claim.js";
import { comesDirectly } from "../domain/comes-directly.js";
import { type Admission, establishIdentity, type Establishment } from "../domain/establish-identity.js";
import type { FlowUsers } from "../domain/flow-users.js";
import { toProvedUser } from "../domain/proved-user.js";
import { userAgentOf } from "../domain/user-agent.js";
import type { ServedDomains } from "../domain/served-domains.js";
import type { Events } from "../events.js";
import type { Services } from "../ports.js";
import type { Asked } from "./read-request.js";

interface Deps {
  readonly bus: Services;
  readonly flowUsers: FlowUsers;
  readonly events: Events;
  readonly clock: Pick<Clock, "nowMs">;
  readonly admission: Pick<Admission, "federation" | "neighbours">;
}

export type Established = Extract<Establishment, { kind: "established" }> & {
  /** The request is the retry of one that we challenged, which had this CSeq at first. */
  readonly firstCseq?: number | undefined;
};

/** Who asks, or the answer that says why that is not known. */
export type Identification = Established | Refused;

interface Refused {
  readonly kind: "answer";
  readonly answer: Answer;
}

type Proof =
  | Refused
  | {
      readonly kind: "proof";
      readonly identity: sipCore.Identity;
      readonly firstCseq: number | undefined;
    };

/**
 * Finds out who asks: by what the request and its connection show, and by credentials only where that is not enough.
 *
 * @spec GEN-06 @spec GEN-31 @spec GEN-33
 */
export function identify({ bus, flowUsers, events, clock, admission }: Deps) {
  let rules: Admission = { ...admission, defaultDomain: "" };

  return ({ incoming, source, address, book }: Asked): Identification | Promise<Identification> => {
    const { request, flow } = incoming;
    const { domains } = book;
    const { first = "" } = domains;
    if (rules.defaultDomain !== first) rules = { ...admission, defaultDomain: first };
    const known = flowUsers.vouchedOn(flow, clock.nowMs());
    const vouched = known.length > 0 && comesDirectly(request) ? known : [];
    const claim = readClaim(request, { source, address, domains, vouched });
    if (!claim) return refuse({ status: 400, reason: "From Names No Address" }, "malformed");
    if (source.kind === "unknown" && request.headers.has("P-Asserted-Identity")) events.identityIgnored();
    const found = establishIdentity(claim, rules);
    return found.kind === "unproved" ? prove(request, claim, found.domain, domains) : concluded(found);
  };

  async function prove(
    request: SipRequest,
    claim: Claim,
    domain: string,
    domains: ServedDomains,
  ): Promise<Identification> {
    const proof = await authenticate(request, domain);
    if (proof.kind === "answer") return proof;
    const proved = toProvedUser(proof.identity, domains);
    const found = concluded(establishIdentity({ ...claim, proved }, rules));
    return found.kind === "answer" ? found : { ...found, firstCseq: proof.firstCseq };
  }

  /** @spec rfc3261#22.3 */
  async function authenticate(request: SipRequest, domain: string): Promise<Proof> {
    const reply = await bus.request(sipCore.authenticate, {}, { domain, ...credentialsOf(request) });
    switch (reply.kind) {
      case "authenticated":
        return { kind: "proof", identity: reply.identity, firstCseq: reply.firstCseq };
      case "challenge":
        events.challenged();
        return { kind: "answer", answer: challengeBy("proxy", reply.challenges) };
      case "refused":
        return refuse({ status: reply.status, reason: reply.reason, headers: reply.headers }, "identity");
      default:
        return unreachable(reply);
    }
  }

  function concluded(found: Establishment): Identification {
    if (found.kind === "established") return found;
    if (found.kind === "refused") return refuse({ status: found.status, reason: found.reason }, "identity");
    throw new Error("credentials were checked and are asked for again");
  }

  function refuse(answer: Answer, why: "identity" | "malformed"): Refused {
    events.refused(why);
    return { kind: "answer", answer };
  }
}

/** All that a request says about who sends it, for whoever can check it. @spec rfc3261#22.3 */
function credentialsOf(request: SipRequest) {
  const { method, headers, cseq } = request;
  return {
    method,
    credentials: [...headers.all("Proxy-Authorization"), ...headers.all("Authorization")],
    ...userAgentOf(request),
    attempt: { name: attemptNameOf(request), cseq: cseq.number },
  };
}
