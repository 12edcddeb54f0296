import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Bus, sipCore } from "@heliograph/contracts";
import { demoDomain, demoUsers } from "./domain/demo.js";

/** Tells a later start that the demo users were made here, and are not somebody's own. */
const markOf = (dataDir: string): string => join(dataDir, "demo-users");

/** Makes the demo users; those that are there stay. */
export async function addDemoUsers(bus: Pick<Bus, "request">, dataDir: string): Promise<void> {
  await bus.request(sipCore.addDomain, {}, { ...demoDomain, aliases: [...demoDomain.aliases] });
  for (const { name, aor, password } of demoUsers) {
    await bus.request(sipCore.addSubscriber, {}, { aor, password, display: capitalised(name) });
  }
  writeFileSync(markOf(dataDir), "alice, bob and carol of 127.0.0.1 were made by the service\n");
}

/** Removes the demo users that an earlier start made: their passwords are known to everybody. */
export async function removeDemoUsers(bus: Pick<Bus, "request">, dataDir: string): Promise<boolean> {
  if (!existsSync(markOf(dataDir))) return false;
  for (const { aor } of demoUsers) await bus.request(sipCore.removeSubscriber, {}, { aor });
  await bus.request(sipCore.removeDomain, {}, { name: demoDomain.name });
  rmSync(markOf(dataDir));
  return true;
}

const capitalised = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);
