import { type Bus, participating } from "@heliograph/contracts";
import type { Events } from "../events.js";

interface Deps {
  readonly bus: Pick<Bus, "request">;
  readonly events: Pick<Events, "troubled">;
}

/** Our side of a conversation is over: whoever owns it ends the other one with BYE. Returns at once. @spec DF-33 */
export function leaveSession(
  { bus, events }: Deps,
  over: { readonly conversation: string; readonly leg: string; readonly reason?: string },
): void {
  bus
    .request(participating.leaveSession, {}, over)
    .catch((error: unknown) => events.troubled("a session was not left", error));
}
