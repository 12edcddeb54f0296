import type { sipCore } from "@heliograph/contracts";
import type { Authentication, Claim } from "../authentication.js";
import { refuse } from "../domain/refusal.js";
import type { Events } from "../events.js";
import type { InputOf, OutputOf } from "../contract-types.js";
import type { Domains } from "../ports.js";

interface Deps {
  readonly domains: Pick<Domains, "names">;
  readonly check: (claim: Claim) => Promise<Authentication>;
  readonly events: Pick<Events, "authenticated">;
}

/**
 * Says who sent a request, by its credentials, or how to ask.
 *
 * Comes from `sip-edge`, for any request but REGISTER, ACK and CANCEL, and from `msrp-relay` for AUTH.
 *
 * @spec GEN-31 @spec SC-02 @spec MS-23
 */
export function authenticate({ domains, check, events }: Deps) {
  return async (
    input: InputOf<typeof sipCore.authenticate>,
  ): Promise<OutputOf<typeof sipCore.authenticate>> => {
    const realm = (await domains.names()).canonicalOf(input.domain.toLowerCase());
    if (realm === undefined) return refuse(404, "This domain is not served here");
    const sender = await check({
      method: input.method,
      realm,
      credentials: input.credentials,
      userAgent: input.userAgent,
      attempt: input.attempt,
      digestUri: input.digestUri,
    });
    events.authenticated(sender.kind);
    if (sender.kind !== "authenticated") return sender;
    const { firstCseq, subscriber, info } = sender;
    const { aor } = subscriber.profile;
    return {
      kind: "authenticated",
      identity: { aor, uris: [aor] },
      ...(firstCseq !== undefined && { firstCseq }),
      ...(info !== undefined && { authenticationInfo: info }),
    };
  };
}
