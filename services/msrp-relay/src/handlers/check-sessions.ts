import type { msrpRelay } from "@heliograph/contracts";
import type { z } from "zod";
import type { Sessions } from "../sessions/sessions.js";

interface Deps {
  readonly sessions: Pick<Sessions, "missing">;
  readonly incarnation: string;
}

type Input = z.output<typeof msrpRelay.checkSessions.input>;
type Output = z.output<typeof msrpRelay.checkSessions.output>;

/** Which of these sessions are not here any more, and of which start of the node this is the word. */
export function checkSessions({ sessions, incarnation }: Deps) {
  return async (input: Input): Promise<Output> => ({
    incarnation,
    missing: sessions.missing(input.sessions),
  });
}
