import type { Conversation } from "@heliograph/contracts";
import { unreachable } from "@heliograph/kernel";

/** What a node says of what it was asked about. */
export type NodeReport =
  | { readonly kind: "here"; readonly incarnation: string; readonly missing: ReadonlySet<string> }
  /** Nobody answers for the node, or it hangs. */
  | { readonly kind: "gone" }
  /** It did not answer, and may yet be there. */
  | { readonly kind: "unknown" };

/** Which part of a conversation is lost: one of its legs, or its anchor. */
export type Verdict =
  | { readonly kind: "alive" }
  | { readonly kind: "leg-lost"; readonly leg: string }
  | { readonly kind: "relay-lost" };

/** What the nodes of a conversation say. */
export interface Reports {
  readonly caller: NodeReport;
  readonly callee: NodeReport;
  /** Absent: the media pass us by. */
  readonly anchor: NodeReport | undefined;
}

/** An INVITE whose answer is on its way is a dialog a moment later. */
const youngMs = 3_000;

/**
 * Whether both legs and the anchor of a conversation are there: a node that is gone, or that has started anew, has lost
 * everything that it kept. A leg that is lost ends the session, whatever is with the relay.
 *
 * @spec PF-11
 */
export function judgeConversation(conversation: Conversation, reports: Reports, nowMs: number): Verdict {
  const isYoung = nowMs - conversation.startedAtMs < youngMs;
  const { caller, callee, anchor } = conversation;
  if (isLost({ ...caller, name: caller.leg }, reports.caller, isYoung))
    return { kind: "leg-lost", leg: caller.leg };
  if (isLost({ ...callee, name: callee.leg }, reports.callee, isYoung))
    return { kind: "leg-lost", leg: callee.leg };
  if (!anchor || !reports.anchor) return { kind: "alive" };
  return isLost({ ...anchor, name: anchor.session }, reports.anchor, isYoung)
    ? { kind: "relay-lost" }
    : { kind: "alive" };
}

function isLost(
  { incarnation, name }: { readonly incarnation: string; readonly name: string },
  report: NodeReport,
  isYoung: boolean,
): boolean {
  switch (report.kind) {
    case "here":
      return report.incarnation !== incarnation || (!isYoung && report.missing.has(name));
    case "gone":
      return true;
    case "unknown":
      return false;
    default:
      return unreachable(report);
  }
}

/** A conversation that is alive is kept in mind once in so long. */
const touchEveryMs = 3_600_000;

/** Whether its time has come since the last look, which was `sinceMs` ago at most. */
export function isDueForTouch({ startedAtMs }: Conversation, nowMs: number, sinceMs: number): boolean {
  const turn = (atMs: number) => Math.floor((atMs - startedAtMs) / touchEveryMs);
  return turn(nowMs) > turn(nowMs - sinceMs) && nowMs - startedAtMs >= touchEveryMs;
}
