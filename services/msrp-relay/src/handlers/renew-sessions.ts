import type { Sessions } from "../sessions/sessions.js";

interface Deps {
  readonly sessions: Pick<Sessions, "renew">;
}

/**
 * Somebody still waits for an answer in these sessions.
 *
 * Comes from `participating/src/handlers/renew-legs.ts`.
 *
 * @spec GEN-14
 */
export function renewSessions({ sessions }: Deps) {
  return ({ sessions: ids }: { readonly sessions: readonly string[] }): Promise<Record<string, never>> => {
    sessions.renew(ids);
    return Promise.resolve({});
  };
}
