import type { sipEdge } from "@heliograph/contracts";
import { type Answer, chooseAnswer } from "./choose-answer.js";
import { formatReason, legReasons } from "./leg-reasons.js";
import { type RefusalDetails, refusals, toSubmission } from "./refusals.js";

type LegAnswer = sipEdge.LegAnswer;

/** The answers of all devices, none of which has accepted. */
export type Unanswered = Exclude<LegAnswer, { kind: "accepted" }>;

/** What the answers of devices that did not accept amount to; never `accepted`. @spec PF-43 @spec GEN-41 @spec R-participating-6 */
export function chooseSessionAnswer(answers: readonly Unanswered[]): Exclude<Answer, { kind: "accepted" }> {
  const outcomes = answers.map((answer): sipEdge.LegOutcome => {
    if (answer.kind === "cancelled") return { kind: "unreachable", reason: "cancelled" };
    return answer;
  });
  const answer = chooseAnswer(outcomes);
  return answer.kind === "accepted" ? { kind: "unreachable", isBusy: false, why: "no answer" } : answer;
}

/**
 * What the caller of a session hears besides the reason: 603 where the user has declined. Unlike a MESSAGE, an INVITE that
 * is answered so has not been delivered.
 *
 * @spec PF-43 @spec rfc3261#21.6.2 @spec R-participating-22
 */
export function detailsForCaller(
  { name, details }: Extract<Answer, { kind: "refused" }>,
  answers: readonly Unanswered[],
): RefusalDetails {
  const isDeclined = answers.some((answer) => answer.kind === "answered" && answer.status > 600);
  return name === "device-forbade" && isDeclined ? { ...details, status: 603 } : details;
}

/** The Reason for the other devices when one has refused for its user; undefined: they go on ringing. @spec PF-43 @spec GEN-41 @spec R-participating-15 */
export function reasonToStop(answer: Unanswered): string | undefined {
  if (answer.kind !== "answered") return undefined;
  if (answer.status === 486 || answer.status === 600) return legReasons.busy;
  return answer.status > 600 && answer.status < 700 ? legReasons.declined : undefined;
}

/** What the BYE of a caller says who has had an answer of ours, and gets none of a device. @spec PF-07 @spec GEN-17 @spec rfc3326#2 */
export function reasonToEnd(answers: readonly Unanswered[]): string {
  const answer = chooseSessionAnswer(answers);
  if (answer.kind === "unreachable") return answer.isBusy ? legReasons.busy : legReasons.gone;
  if (answer.name === "device-forbade") return legReasons.declined;
  const { status } = toSubmission(answer.name, answer.details);
  return formatReason(status, refusals[answer.name].reason);
}

/** Whether the next flow of the device may be tried. A device that rang has had its chance. @spec GEN-30 @spec rfc5626#7 */
export function isLegDead(answer: LegAnswer): boolean {
  return answer.kind === "unreachable" || (answer.kind === "answered" && answer.status === 430);
}
