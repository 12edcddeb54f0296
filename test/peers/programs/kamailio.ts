import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "../../scenarios/eventually.js";
import { SpawnedProgram } from "./spawned-program.js";

/** Kamailio with a configuration of the test's, in the foreground; resolves when it holds its UDP port. */
export async function startKamailio(config: string, port: number): Promise<SpawnedProgram> {
  const folder = mkdtempSync(join(tmpdir(), "kamailio-"));
  const file = join(folder, "kamailio.cfg");
  writeFileSync(file, `debug=1\nlog_stderror=yes\nchildren=2\ntcp_children=1\n${modulePath}\n${config}`);
  const memory = ["-m", "64", "-M", "8"];
  const args = ["-f", file, "-DD", "-E", "-P", join(folder, "pid"), "-Y", folder, ...memory];
  const program = new SpawnedProgram("kamailio", args);
  await eventually("Kamailio listens, or has given up", () => program.hasExited || isBound(port));
  if (program.hasExited) throw new Error(`Kamailio did not start:\n${program.output}`);
  return program;
}

const modulePath = 'mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/:/usr/lib/kamailio/modules/"';

/** Whether somebody holds a UDP port of this machine. */
function isBound(port: number): boolean {
  const inHex = port.toString(16).toUpperCase().padStart(4, "0");
  return new RegExp(`^ *\\d+: [0-9A-F]{8}:${inHex} `, "m").test(readFileSync("/proc/net/udp", "utf8"));
}
