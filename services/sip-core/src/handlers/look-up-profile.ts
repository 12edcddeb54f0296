import type { sipCore } from "@heliograph/contracts";
import type { Registrations } from "@heliograph/state";
import type { InputOf, OutputOf } from "../contract-types.js";
import type { LocalAddress } from "../domain/domain-names.js";
import { instanceOf, type TemporaryGruus } from "../domain/gruu.js";
import type { Domains, Subscribers } from "../ports.js";

interface Deps {
  readonly domains: Pick<Domains, "names">;
  readonly subscribers: Subscribers;
  readonly registrations: Pick<Registrations, "bindingsOf">;
  readonly gruus: Pick<TemporaryGruus, "read">;
}

type Answer = OutputOf<typeof sipCore.lookUpProfile>;

const unknownUser: Answer = { kind: "unknown-user" };
const foreignDomain: Answer = { kind: "foreign-domain" };

/** Says who an address is here: aliases and ports of our domains, and temporary GRUUs, lead to the user. @spec PF-20 @spec GEN-29 */
export function lookUpProfile({ domains, subscribers, registrations, gruus }: Deps) {
  return async ({ aor }: InputOf<typeof sipCore.lookUpProfile>): Promise<Answer> => {
    const address = (await domains.names()).localAorOf(aor);
    if (!address) return foreignDomain;
    const subscriber = await subscribers.of(address.aor);
    return subscriber ? { kind: "subscriber", profile: subscriber.profile } : ownerOfGruu(address);
  };

  async function ownerOfGruu({ user, domain }: LocalAddress): Promise<Answer> {
    const gruu = gruus.read(user);
    if (!gruu?.aor.endsWith(`@${domain}`)) return unknownUser;
    const [subscriber, bindings] = await Promise.all([
      subscribers.of(gruu.aor),
      registrations.bindingsOf(gruu.aor),
    ]);
    const instance = instanceOf(gruu, bindings);
    return subscriber && instance !== undefined
      ? { kind: "subscriber", profile: subscriber.profile, instance }
      : unknownUser;
  }
}
