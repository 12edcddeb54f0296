import { allow } from "./capabilities.js";
import type { Answer } from "./answer.js";

/** What becomes of a method outside and inside a dialog. What is inside a dialog of ours never gets here. */
interface MethodRule {
  readonly outside: number;
  readonly inside: number;
}

/** The methods that SIP knows and that are not served here. @spec GEN-04 @spec GEN-39 @spec GEN-40 */
const rules: ReadonlyMap<string, MethodRule> = new Map([
  ["INVITE", { outside: 481, inside: 481 }],
  ["SUBSCRIBE", { outside: 405, inside: 481 }],
  ["REFER", { outside: 405, inside: 481 }],
  ["PUBLISH", { outside: 405, inside: 405 }],
  ["BYE", { outside: 481, inside: 481 }],
  ["CANCEL", { outside: 481, inside: 481 }],
  ["UPDATE", { outside: 481, inside: 481 }],
  ["INFO", { outside: 481, inside: 481 }],
  ["PRACK", { outside: 481, inside: 481 }],
  ["NOTIFY", { outside: 481, inside: 481 }],
]);

/** Refuses a method that no use case serves: known 405 with Allow, in a dialog 481, never heard of 501. @spec GEN-04 @spec PF-58 */
export function refuseMethod(method: string, isInDialog: boolean): Answer {
  const rule = rules.get(method);
  if (!rule) return { status: 501, reason: "Method Not Implemented", headers: [allow] };
  const status = isInDialog ? rule.inside : rule.outside;
  return status === 405 ? { status, headers: [allow] } : { status };
}
