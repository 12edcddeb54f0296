import { mkdtempSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { SpawnedProgram } from "./spawned-program.js";

/** A capture of the loopback interface. */
export interface Capture {
  readonly file: string;
  /** Ends it, when what was said has been written down. */
  stop(): Promise<void>;
}

/** Captures what crosses the given UDP and TCP ports. */
export async function startCapture(ports: readonly number[]): Promise<Capture> {
  const file = join(mkdtempSync(join(tmpdir(), "capture-")), "sip.pcap");
  const filter = ports.map((port) => `port ${port}`).join(" or ");
  const program = new SpawnedProgram("dumpcap", ["-q", "-i", "lo", "-f", filter, "-w", file, "-P"]);
  await program.waitFor(/File:|Capturing on/, 10_000);
  await wait(300);
  return {
    file,
    stop: async () => {
      await wait(700);
      await program.stop();
      if (statSync(file).size === 0) throw new Error("nothing was captured");
    },
  };
}

/** What tshark says of a capture of SIP, and of MSRP at `mediaPorts`: one line a packet that passes the display filter. */
export async function readCapture(
  file: string,
  filter: string,
  ports: readonly number[],
  mediaPorts: readonly number[] = [],
): Promise<string[]> {
  const decode = [
    ...ports.flatMap((port) => ["-d", `udp.port==${port},sip`, "-d", `tcp.port==${port},sip`]),
    ...mediaPorts.flatMap((port) => ["-d", `tcp.port==${port},msrp`]),
  ];
  const program = new SpawnedProgram("tshark", ["-r", file, ...decode, "-Y", filter]);
  await program.exit(30_000);
  return program.output.split("\n").filter((line) => line !== "" && !/Running as user|^\s*$/.test(line));
}
