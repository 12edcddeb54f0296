import type { sipCore } from "@heliograph/contracts";
import { unreachable } from "@heliograph/kernel";
import { digestAlgorithms } from "@heliograph/sip";
import type { InputOf, OutputOf } from "../contract-types.js";
import type { LocalAddress } from "../domain/domain-names.js";
import { checkNewSubscriber, usernameOf } from "../domain/new-subscriber.js";
import { type Credential, usernameForms } from "../domain/subscriber.js";
import type { Digests, Domains, SubscriberDirectory } from "../ports.js";

interface Deps {
  readonly domains: Pick<Domains, "names">;
  readonly directory: Pick<SubscriberDirectory, "add">;
  readonly digests: Pick<Digests, "ha1">;
  readonly tellChanged: (aor?: string) => Promise<void>;
}

/** Makes a user. The password is hashed here and forgotten. @spec rfc7616#3.4.2 @spec SC-02 */
export function addSubscriber({ domains, directory, digests, tellChanged }: Deps) {
  return async (
    input: InputOf<typeof sipCore.addSubscriber>,
  ): Promise<OutputOf<typeof sipCore.addSubscriber>> => {
    const address = checkNewSubscriber(await domains.names(), input);
    if (!address.ok) return address.error;
    const { aor, domain } = address.value;
    const credentials = credentialsOf(address.value, input.password);
    const outcome = await directory.add({ aor, domain, display: input.display, credentials });
    switch (outcome) {
      case "added":
        await tellChanged(aor);
        return { kind: "done" };
      case "exists":
        return { kind: "conflict", reason: `${aor} exists already` };
      case "no such domain":
        return { kind: "not-found", reason: `${domain} is not served: add the domain first` };
      default:
        return unreachable(outcome);
    }
  };

  function credentialsOf({ user, domain }: LocalAddress, password: string): Credential[] {
    const name = usernameOf(user);
    return digestAlgorithms.flatMap((algorithm) =>
      usernameForms.map((form) => {
        const username = form === "user" ? name : `${name}@${domain}`;
        return { algorithm, form, ha1: digests.ha1(username, domain, password, algorithm) };
      }),
    );
  }
}
