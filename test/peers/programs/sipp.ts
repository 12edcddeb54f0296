import { mkdtempSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { SpawnedProgram } from "./spawned-program.js";

/** One run of sipp. */
export interface SippRun {
  /** A scenario, as XML. */
  readonly scenario: string;
  /** What answers requests that belong to no call of the scenario, as XML. */
  readonly outOfCall?: string;
  /** `address:port` of the server. */
  readonly server: string;
  readonly transport?: "udp" | "tcp";
  readonly localPort: number;
  readonly withinMs?: number;
  /** Whether a message that the scenario does not wait for is only written down. */
  readonly isPatient?: boolean;
}

/** What came of it. */
export interface SippResult {
  /** 0 when every call went as the scenario says. */
  readonly exitCode: number | null;
  /** sipp's own words where something went wrong. */
  readonly errors: string;
  /** Everything that was sent and received. */
  readonly messages: string;
}

/** sipp as it runs. */
export class Sipp {
  readonly #folder = mkdtempSync(join(tmpdir(), "sipp-"));
  readonly #program: SpawnedProgram;
  readonly #withinMs: number;

  constructor({
    scenario,
    outOfCall,
    server,
    transport = "udp",
    localPort,
    withinMs = 40_000,
    isPatient,
  }: SippRun) {
    this.#withinMs = withinMs;
    const file = (name: string, xml: string) => {
      writeFileSync(join(this.#folder, name), xml);
      return name;
    };
    const args = [
      server,
      "-sf",
      file("peer.xml", scenario),
      "-t",
      transport === "tcp" ? "t1" : "u1",
      ...(outOfCall === undefined ? [] : ["-oocsf", file("ooc.xml", outOfCall)]),
      "-i",
      "127.0.0.1",
      "-p",
      String(localPort),
      "-m",
      "1",
      "-nostdin",
      "-trace_err",
      "-trace_msg",
      "-timeout",
      `${Math.ceil(withinMs / 1_000)}s`,
      "-timeout_error",
      // Otherwise sipp ends a call in which something arrives that the scenario does not wait for.
      ...(isPatient ? ["-default_behaviors", "none"] : []),
    ];
    const env = { ...process.env, TERM: "xterm" };
    this.#program = new SpawnedProgram("sipp", args, { cwd: this.#folder, env });
  }

  /** Everything that it has sent and received so far. */
  get messages(): string {
    return this.#logs("_messages.log");
  }

  /** Waits until what was sent and received matches. */
  async waitFor(pattern: RegExp, withinMs = 20_000): Promise<void> {
    const deadline = Date.now() + withinMs;
    while (!pattern.test(this.messages)) {
      if (Date.now() > deadline || this.#program.hasExited) {
        throw new Error(`${String(pattern)} did not pass:\n${this.messages}\n${this.#logs("_errors.log")}`);
      }
      await wait(50);
    }
  }

  /** Waits for its end. */
  async end(): Promise<SippResult> {
    const exitCode = await this.#program.exit(this.#withinMs + 5_000);
    const errors = this.#logs("_errors.log");
    return { exitCode, errors: errors || this.#program.output.slice(-1_500), messages: this.messages };
  }

  async stop(): Promise<void> {
    await this.#program.stop();
  }

  #logs(suffix: string): string {
    return readdirSync(this.#folder)
      .filter((name) => name.endsWith(suffix))
      .map((name) => readFileSync(join(this.#folder, name), "utf8"))
      .join("\n");
  }
}

/** Runs a scenario to its end; throws with what was said when it did not go as it says. */
export async function playSipp(run: SippRun): Promise<SippResult> {
  const result = await new Sipp(run).end();
  if (result.exitCode !== 0) {
    throw new Error(
      `sipp ended with ${result.exitCode}:\n${result.errors}\n${result.messages.slice(-6_000)}`,
    );
  }
  return result;
}
