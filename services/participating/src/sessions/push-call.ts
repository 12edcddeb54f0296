import type { participating } from "@heliograph/contracts";
import { chooseSessionAnswer, type Unanswered } from "../domain/choose-session-answer.js";
import { refusals, toSubmission } from "../domain/refusals.js";
import type { SessionFacts } from "../domain/session-facts.js";
import { mediaPolicyFor, type SessionLimits } from "../domain/session-limits.js";
import type { Establish } from "./establish.js";
import type { Fork } from "./fork.js";
import type { Media } from "./media.js";
import type { Call } from "./open-calls.js";
import { type Groups, targetsFor } from "./targets.js";

interface Deps {
  readonly media: Media;
  readonly fork: Fork;
  readonly establish: Establish;
  readonly sessionLimits: SessionLimits;
}

/** A message of the store on its way to its owner's devices. */
interface Pushing {
  readonly call: Call;
  readonly facts: SessionFacts;
  readonly groups: Groups;
  readonly sizeBytes: number;
}

/** Rings, with the store's end as the caller's. */
export type PushCall = (pushing: Pushing) => Promise<participating.LargePushReply>;

/** Both ends are the owner's, so that it counts as one session of his. @spec DF-34 @spec PF-42 */
export function pushCall({ media, fork, establish, sessionLimits }: Deps): PushCall {
  return async ({ call, facts, groups, sizeBytes }) => {
    const { id, recipient: owner } = call.invitation;
    const policy = mediaPolicyFor(facts, sessionLimits);
    const placed = await media.place(id, facts.content.description, {
      ...policy,
      maxMessageBytes: Math.max(policy.maxMessageBytes, sizeBytes),
    });
    if (placed.kind === "refuse") return { kind: "unreachable", reason: refusals[placed.name].reason };
    call.anchor = placed.anchor;
    const forked = await fork(call, targetsFor({ call, facts, placed, groups }));
    if (forked.kind !== "accepted") {
      await media.close(placed.anchor);
      return conclude(forked.kind === "failed" ? forked.answers : []);
    }
    const callee = { ...forked, ...forked.accepted };
    const answer = await establish({ call, facts, placed, callerAor: owner, calleeAor: owner, callee });
    return answer.kind === "accepted" && answer.body
      ? { kind: "answered", conversation: answer.conversation, answer: answer.body.content }
      : { kind: "unreachable", reason: answer.kind === "refused" ? answer.reason : "no description" };
  };
}

/** A device that is gone, or that cannot, says nothing about the user. @spec DF-36 @spec PF-43 @spec R-participating-11 */
function conclude(answers: readonly Unanswered[]): participating.LargePushReply {
  const answer = chooseSessionAnswer(answers);
  if (answer.kind === "unreachable") return { kind: "unreachable", reason: answer.why };
  const { name, details } = answer;
  const { status, reason } = toSubmission(name, details);
  const isAboutDevice = name === "device-gone" || name === "device-unable";
  return isAboutDevice
    ? { kind: "unreachable", reason: details.because ?? reason }
    : { kind: "refused", status, reason };
}
