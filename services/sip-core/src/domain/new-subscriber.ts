import { err, ok, type Result } from "@heliograph/kernel";
import { aorOf } from "@heliograph/sip";
import type { DomainNames, LocalAddress } from "./domain-names.js";
import { temporaryGruuPrefix } from "./registration-request.js";

const maxPasswordChars = 256;
const maxAorChars = 256;
const maxDisplayChars = 256;

/** Why somebody cannot become a subscriber. */
export interface Objection {
  readonly kind: "invalid" | "not-found";
  readonly reason: string;
}

/** Whether an address, a password and a name will do for a subscriber. */
export function checkNewSubscriber(
  names: DomainNames,
  {
    aor,
    password,
    display,
  }: { readonly aor: string; readonly password: string; readonly display?: string | undefined },
): Result<LocalAddress, Objection> {
  if (aor.length > maxAorChars) return invalid(`An address has at most ${maxAorChars} characters`);
  if (password === "" || password.length > maxPasswordChars) {
    return invalid(`A password has 1 to ${maxPasswordChars} characters`);
  }
  if ((display ?? "").length > maxDisplayChars)
    return invalid(`A display name has at most ${maxDisplayChars} characters`);
  const read = aorOf(aor);
  if (!read.ok || !read.value.startsWith("sip:"))
    return invalid(`${aor} is not a SIP address such as sip:alice@example.org`);
  const address = names.localAorOf(aor);
  if (!address)
    return err({ kind: "not-found", reason: `The domain of ${aor} is not served: add the domain first` });
  if (address.user === "") return invalid(`${aor} names a domain, not a user`);
  if (address.user.startsWith(temporaryGruuPrefix))
    return invalid(`Names beginning with ${temporaryGruuPrefix} are reserved`);
  return ok(address);
}

function invalid(reason: string): Result<never, Objection> {
  return err({ kind: "invalid", reason });
}

/** The name that a person types for a user part: its escapes decoded. */
export function usernameOf(user: string): string {
  try {
    return decodeURIComponent(user);
  } catch {
    return user;
  }
}
