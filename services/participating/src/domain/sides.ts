import type { Conversation, SessionLeg, Side } from "@heliograph/contracts";

/** A conversation as one of its sides sees it. */
export interface Sides {
  readonly own: Side;
  readonly other: Side;
  readonly ownLeg: SessionLeg;
  readonly otherLeg: SessionLeg;
}

/** Which side a leg is; undefined: it is none of this conversation. */
export function sidesFrom(conversation: Conversation, leg: string): Sides | undefined {
  if (conversation.caller.leg === leg) return sidesOf(conversation, "caller");
  return conversation.callee.leg === leg ? sidesOf(conversation, "callee") : undefined;
}

function sidesOf(conversation: Conversation, own: Side): Sides {
  const other = own === "caller" ? "callee" : "caller";
  return { own, other, ownLeg: conversation[own], otherLeg: conversation[other] };
}
