import type { PagerMessage } from "@heliograph/contracts";

/** Whether the sender hides from the recipient. @spec PF-25 @spec GEN-08 @spec rfc3323#4.1.1.3 */
export function isAnonymous({ privacy, from }: Pick<PagerMessage, "privacy" | "from">): boolean {
  for (const value of privacy) if (value === "id" || value === "user") return true;
  return from.includes("@anonymous.invalid");
}
