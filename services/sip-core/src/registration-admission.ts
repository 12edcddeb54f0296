import type { sipCore } from "@heliograph/contracts";
import { parseNameAddr, parseUri } from "@heliograph/sip";
import type { Authentication, Claim } from "./authentication.js";
import type { LocalAddress } from "./domain/domain-names.js";
import { type Refusal, refuse } from "./domain/refusal.js";
import type { Subscriber } from "./domain/subscriber.js";
import type { Domains, Subscribers } from "./ports.js";

/** Whose bindings a REGISTER may change, or what to answer. */
export type Admission =
  | { readonly kind: "admitted"; readonly subscriber: Subscriber }
  | Exclude<Authentication, { readonly kind: "authenticated" }>;

interface Deps {
  readonly domains: Pick<Domains, "names">;
  readonly subscribers: Subscribers;
  readonly authenticate: (claim: Claim) => Promise<Authentication>;
}

/**
 * The checks before the contacts, in the RFC's order: our domain, extensions, who it is, for whom.
 *
 * @spec rfc3261#10.3 @spec GEN-21 @spec SC-01 @spec D-sip-core-3
 */
export function registrationAdmission({ domains, subscribers, authenticate }: Deps) {
  return async (input: sipCore.Registration): Promise<Admission> => {
    const names = await domains.names();
    const domain = names.localAorOf(input.requestUri)?.domain;
    if (domain === undefined) return refuseTarget(input.requestUri);
    const unsupported = input.require.filter((tag) => !extensions.has(tag.toLowerCase()));
    if (unsupported.length > 0) return refuseExtensions(unsupported);
    const to = parseNameAddr(input.to);
    const target = to.ok ? names.localAorOf(to.value.uri) : undefined;
    return input.asserted === "core" ? admitCore(target, domain) : admitUser(input, target, domain);
  };

  async function admitUser(
    { method, authorization, userAgent }: sipCore.Registration,
    target: LocalAddress | undefined,
    realm: string,
  ): Promise<Admission> {
    const sender = await authenticate({ method, realm, credentials: authorization, userAgent });
    if (sender.kind !== "authenticated") return sender;
    const { subscriber } = sender;
    return target?.aor === subscriber.profile.aor
      ? admitted(subscriber)
      : refuse(403, "To names somebody else");
  }

  /** Third-party registration: the core has done the asking. @spec SC-05 @spec SC-11 */
  async function admitCore(target: LocalAddress | undefined, domain: string): Promise<Admission> {
    const subscriber = target?.domain === domain ? await subscribers.of(target.aor) : undefined;
    if (!subscriber) return refuse(404, "To names nobody of this domain");
    return subscriber.profile.isBarred ? refuse(403, "This user is barred") : admitted(subscriber);
  }
}

function admitted(subscriber: Subscriber): Admission {
  return { kind: "admitted", subscriber };
}

/** What a REGISTER may require. @spec rfc3261#8.2.2.3 @spec GEN-04 */
const extensions = new Set(["path", "outbound", "gruu"]);

function refuseExtensions(unsupported: readonly string[]): Refusal {
  const reason = "An extension is required that this registrar does not have";
  return refuse(420, reason, ["Unsupported", unsupported.join(", ")]);
}

function refuseTarget(requestUri: string): Refusal {
  const uri = parseUri(requestUri);
  if (!uri.ok) return refuse(400, "The Request-URI cannot be read");
  const isSip = uri.value.scheme === "sip" || uri.value.scheme === "sips";
  return isSip
    ? refuse(404, "This domain is not served here")
    : refuse(416, "A registrar is named by a SIP URI");
}
