import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { freePort } from "@heliograph/testkit";
import { Client } from "pg";

/** Kamailio at work. */
export interface Kamailio {
  readonly port: number;
  readonly pid: number;
  stop(): void;
}

const tables = "/usr/share/kamailio/postgres";

/** Whether Kamailio is installed here: without it the figures have no peer. */
export function hasKamailio(): boolean {
  try {
    execFileSync("kamailio", ["-v"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Starts Kamailio with one of our configurations. */
export async function startKamailio(name: "relay" | "store" | "msrp", databaseUrl = ""): Promise<Kamailio> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), "kamailio-"));
  const config = readFileSync(`bench/kamailio/${name}.cfg`, "utf8")
    .replaceAll("PORT", String(port))
    .replaceAll("DATABASE_URL", databaseUrl);
  writeFileSync(join(folder, "kamailio.cfg"), config);
  const child: ChildProcess = spawn(
    "kamailio",
    [
      "-f",
      join(folder, "kamailio.cfg"),
      "-DD",
      "-E",
      "-P",
      join(folder, "pid"),
      "-Y",
      folder,
      "-m",
      "512",
      "-M",
      "16",
    ],
    { stdio: "ignore" },
  );
  await wait(1_500);
  if (child.exitCode !== null || child.pid === undefined)
    throw new Error(`Kamailio (${name}.cfg) did not start`);
  return { port, pid: child.pid, stop: () => void child.kill("SIGTERM") };
}

/** Makes the tables that msilo keeps messages in; durable, as ours are. */
export async function createMsiloTables(databaseUrl: string): Promise<void> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  for (const file of ["standard-create.sql", "msilo-create.sql"]) {
    await client.query(readFileSync(join(tables, file), "utf8"));
  }
  await client.end();
}
