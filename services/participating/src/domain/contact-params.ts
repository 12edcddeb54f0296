import { Params, quoteString } from "@heliograph/sip";

/** Whether a Contact is that of a focus, which speaks for many. @spec GEN-11 */
export function isFocus(contactParams: string): boolean {
  return new Params(contactParams).has("isfocus");
}

/** The feature parameters of a Contact as the other side of a one-to-one session sees them: nobody is a focus. @spec CF-19 @spec GEN-11 */
export function withoutFocus(contactParams: string): string {
  let kept = "";
  for (const [name, value] of new Params(contactParams).entries()) {
    if (name.toLowerCase() === "isfocus") continue;
    kept += value === undefined ? `;${name}` : `;${name}=${quoteString(value)}`;
  }
  return kept;
}
