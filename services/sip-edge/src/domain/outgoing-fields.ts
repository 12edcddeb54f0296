import type { HeaderField, Sender } from "@heliograph/contracts";
import { headerKeyOf, parseNameAddr } from "@heliograph/sip";
import { headerRoleOf } from "./header-roles.js";
import { privacyLeft, type Visibility } from "./privacy.js";

/** What goes out on behalf of a sender. */
export interface Outward {
  readonly sender: Sender;
  readonly privacy: readonly string[];
  readonly headers: readonly HeaderField[];
}

/**
 * Adds the fields of a request towards a hop inside the trust domain (`visible` is undefined), or outside of it.
 *
 * @spec GEN-06 @spec GEN-08
 */
export function pushOutgoingFields(
  fields: HeaderField[],
  { sender, privacy, headers }: Outward,
  visible: Visibility | undefined,
): void {
  if (!visible || visible.showsAsserted) {
    for (const value of sender.asserted) fields.push(["P-Asserted-Identity", value]);
  }
  if (!visible) {
    fields.push(...headers);
    return;
  }
  for (const field of headers) if (leavesTrustDomain(field, visible)) fields.push(field);
  const left = privacyLeft(privacy);
  if (left) fields.push(left);
}

/** Whether a field goes to a hop outside the trust domain. @spec SC-08 @spec SC-09 @spec rfc7315#6.4 @spec rfc3323#5.3 */
function leavesTrustDomain([name]: HeaderField, { showsPersonal, showsHistory }: Visibility): boolean {
  const key = headerKeyOf(name);
  if (key === "privacy") return false;
  switch (headerRoleOf(key)) {
    case "asserted":
    case "home":
      return false;
    case "personal":
      return showsPersonal;
    case "history":
      return showsHistory;
    default:
      return true;
  }
}

/** From without its name, its tag kept: dialogs and receipts are matched by tag. @spec GEN-08 @spec rfc3323#4.1.1.3 */
export function anonymous(from: string): string {
  const name = parseNameAddr(from);
  const tag = name.ok ? name.value.params.get("tag") : undefined;
  return `"Anonymous" <sip:anonymous@anonymous.invalid>${tag === undefined ? "" : `;tag=${tag}`}`;
}
