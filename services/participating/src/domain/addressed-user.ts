import type { Binding, sipCore } from "@heliograph/contracts";
import { parseUri } from "@heliograph/sip";
import type { Subscriber } from "./decide-origination.js";

/** The user that an address means, and of the user's devices the one that it names, where it is a GRUU. */
export interface AddressedUser {
  readonly profile: sipCore.Profile;
  /** The instance of the device; undefined: all devices. */
  readonly instance: string | undefined;
}

/**
 * Whom a request is for. What is for one device is not kept while that is away: the user's others are not meant.
 *
 * @spec SC-14 @spec GEN-29 @spec rfc5627#6.1 @spec R-participating-24
 */
export function addressedUser({ profile, instance }: Subscriber, requestUri: string): AddressedUser {
  const named = instance ?? instanceIn(requestUri);
  if (named === undefined) return { profile, instance: undefined };
  return { profile: { ...profile, whenOffline: "refuse" }, instance: named };
}

/** A message, or an invitation, for the user and no longer for a name of one device. @spec rfc5627#6.1 */
export function forUser<T extends { readonly recipient: string }>(request: T, aor: string): T {
  return request.recipient === aor ? request : { ...request, recipient: aor };
}

/** The bindings of one instance; a core that registered the user finds the device itself. @spec SC-14 @spec rfc5627#6.1 */
export function bindingsOfInstance(
  bindings: readonly Binding[],
  instance: string | undefined,
): readonly Binding[] {
  if (instance === undefined) return bindings;
  const wanted = bare(instance);
  return bindings.filter(
    (binding) =>
      binding.kind === "core" || (binding.instance !== undefined && bare(binding.instance) === wanted),
  );
}

function instanceIn(requestUri: string): string | undefined {
  if (!/;gr=/i.test(requestUri)) return undefined;
  const uri = parseUri(requestUri);
  return uri.ok && (uri.value.scheme === "sip" || uri.value.scheme === "sips")
    ? uri.value.params.get("gr")
    : undefined;
}

/** Instances are URNs, whose letters are compared without regard to case; in Contact they stand in angle brackets. @spec rfc5626#4.1 */
function bare(instance: string): string {
  return decoded(instance.replace(/^<|>$/g, "")).toLowerCase();
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
