import type { msrpRelay } from "@heliograph/contracts";
import type { z } from "zod";
import type { Sessions } from "../sessions/sessions.js";

interface Deps {
  readonly sessions: Pick<Sessions, "close">;
}

type Input = z.output<typeof msrpRelay.closeSession.input>;
type Output = z.output<typeof msrpRelay.closeSession.output>;

/** Ends a session, here or not. What is queued leaves before a connection is closed. @spec PF-11 @spec MS-13 */
export function closeSession({ sessions }: Deps) {
  return async ({ session }: Input): Promise<Output> => {
    sessions.close(session);
    return {};
  };
}
