import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";

const program = "build/test/chaos/main.js";
const longestMs = 110_000;

interface Run {
  readonly status: number | null;
  readonly output: string;
}

function chaos(...args: readonly string[]): Promise<Run> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [program, ...args],
      { env: { ...process.env, NODE_OPTIONS: "" }, timeout: longestMs, killSignal: "SIGTERM" },
      (_, stdout, stderr) => resolve({ status: child.exitCode, output: `${stdout}${stderr}` }),
    );
  });
}

describe("The promise: a 2xx means that a device has the message or Postgres has it", () => {
  it("holds in the embedded form over kill -9 under load", async () => {
    if (!existsSync(program)) throw new Error("run npm run build first");
    const { status, output } = await chaos("--seconds", "15", "--seed", "743530", "--form", "embedded");
    const last = output.trimEnd().split("\n").at(-1);
    expect({ output, status, last }).toEqual({
      output,
      status: 0,
      last: expect.stringMatching(
        /^accepted [1-9]\d* delivered [1-9]\d* lost 0 duplicated 0 redelivered \d+$/,
      ),
    });
    expect(output).toContain("killed the service");
  }, 120_000);
});

describe("The promise about sessions: a success report means that the recipient has the message", () => {
  it("PF-03 PF-11 MS-47 holds over kill -9, and every session goes on or ends on both sides within ten seconds", async () => {
    const options = "--sessions --seconds 20 --seed 743530 --form distributed --at-once 9";
    const { status, output } = await chaos(...options.split(" "));
    const last = output.trimEnd().split("\n").at(-1);
    expect({ output, status, last }).toEqual({
      output,
      status: 0,
      last: expect.stringMatching(
        /^sessions [1-9]\d* messages [1-9]\d* acknowledged [1-9]\d* received [1-9]\d* lost 0 duplicated 0 moved \d+ ended \d+ hung 0$/,
      ),
    });
    expect(output).toContain("killed msrp-relay");
    expect(output).toContain("killed participating");
  }, 120_000);
});
