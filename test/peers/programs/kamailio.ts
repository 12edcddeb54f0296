import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SpawnedProgram } from "./spawned-program.js";

/** Kamailio with a configuration of the test's, in the foreground; ready when this resolves. */
export async function startKamailio(config: string): Promise<SpawnedProgram> {
  const folder = mkdtempSync(join(tmpdir(), "kamailio-"));
  const file = join(folder, "kamailio.cfg");
  writeFileSync(file, `debug=1\nlog_stderror=yes\nchildren=2\ntcp_children=1\n${modulePath}\n${config}`);
  const program = new SpawnedProgram("kamailio", [
    "-f",
    file,
    "-DD",
    "-E",
    "-P",
    join(folder, "pid"),
    "-Y",
    folder,
    "-m",
    "64",
    "-M",
    "8",
  ]);
  await program.waitFor(/Listening on|io_listen_loop|starting/i, 10_000).catch(() => undefined);
  await new Promise((resolve) => setTimeout(resolve, 500));
  if (program.hasExited) throw new Error(`Kamailio did not start:\n${program.output}`);
  return program;
}

const modulePath = 'mpath="/usr/lib/x86_64-linux-gnu/kamailio/modules/:/usr/lib/kamailio/modules/"';
