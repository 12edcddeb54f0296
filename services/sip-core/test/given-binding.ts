import type { Binding } from "@heliograph/contracts";
import { bound } from "./given-registration.js";

/** A binding that lasts. */
export function binding(): Binding {
  const [made] = bound({ expires: "86400" });
  if (!made) throw new Error("nothing was bound");
  return made;
}
