import { type Bus, participating } from "@heliograph/contracts";
import type { Events } from "../events.js";

interface Deps {
  readonly bus: Pick<Bus, "request">;
  readonly events: Pick<Events, "troubled">;
}

/**
 * Our side of a conversation is over: whoever owns it ends the other one with BYE. Settles when that is done, and never
 * rejects. A connection that closes earlier looks to the other side as if it had been lost.
 *
 * @spec DF-33
 */
export async function leaveSession(
  { bus, events }: Deps,
  over: { readonly conversation: string; readonly leg: string; readonly reason?: string },
): Promise<void> {
  try {
    await bus.request(participating.leaveSession, {}, over);
  } catch (error) {
    events.troubled("a session was not left", error);
  }
}
