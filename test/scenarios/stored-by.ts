import type { HeliographServer } from "@heliograph/testkit";

/** How many messages a server in one process has stored for later since it was started, by its own metrics. */
export async function storedBy({ ports }: HeliographServer): Promise<number> {
  const metrics = await (await fetch(`http://127.0.0.1:${ports.health}/metrics`)).text();
  return Number(/^deferred_store_total\{outcome="stored"\} (\d+)$/m.exec(metrics)?.[1] ?? 0);
}
