import type { DialogEnd } from "@heliograph/sip";
import { reasonToPass } from "../domain/end-reason.js";
import type { EstablishedLeg, Legs } from "../domain/legs.js";
import type { Events } from "../events.js";
import type { LeaveSession } from "./leave-session.js";
import type { relayFromDialog } from "./relay-from-dialog.js";

interface Deps {
  readonly legs: Legs;
  readonly leave: LeaveSession;
  readonly relay: ReturnType<typeof relayFromDialog>;
  readonly events: Events;
}

/** Follows a dialog from its 2xx to its end: what its peer sends goes to the other side, and the end of one is the end of both. */
export type FollowDialog = (name: string, leg: EstablishedLeg) => void;

/** @spec PF-11 @spec GEN-11 @spec GEN-17 */
export function followDialog({ legs, leave, relay, events }: Deps): FollowDialog {
  return (name, leg) => {
    legs.set(name, leg);
    leg.dialog.onRequest(relay(name, leg));
    leg.dialog.onEnded((end) => ended(name, leg, end));
  };

  /** Where the owner has ended the leg, it is not there any more, and nobody has to be told. */
  function ended(name: string, { conversation }: EstablishedLeg, end: DialogEnd): void {
    events.dialogEnded(end.by);
    if (legs.delete(name)) leave({ conversation, leg: name, reason: reasonToPass(end) });
  }
}
