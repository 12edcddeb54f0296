import type { HeliographServer } from "@heliograph/testkit";

/** How often a server in one process has had an outcome with its deferred store since it was started, by its metrics. */
export async function storeOutcome(
  { ports }: HeliographServer,
  outcome: "stored" | "repeat",
): Promise<number> {
  const metrics = await (await fetch(`http://127.0.0.1:${ports.health}/metrics`)).text();
  return Number(
    new RegExp(`^heliograph_deferred_store_total\\{outcome="${outcome}"\\} (\\d+)$`, "m").exec(
      metrics,
    )?.[1] ?? 0,
  );
}

/** How many messages it has stored for later. */
export const storedBy = (server: HeliographServer): Promise<number> => storeOutcome(server, "stored");
