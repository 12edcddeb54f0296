import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { transform } from "@swc/core";
import { readFileSync } from "node:fs";

const source = (name: string) => readFileSync(new URL(`../src/${name}`, import.meta.url), "utf8");

/** The life of a process can only be seen from outside: these few sources, as a program with `body` in it. */
async function program(body: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "process-"));
  for (const name of ["run-process", "config-error", "lifecycle", "stop-signal"]) {
    const { code } = await transform(source(`${name}.ts`), {
      jsc: { parser: { syntax: "typescript" }, target: "es2022" },
      module: { type: "es6" },
    });
    writeFileSync(join(folder, `${name}.js`), code);
  }
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  const head =
    'import { runProcess } from "./run-process.js"; import { ConfigError } from "./config-error.js";';
  writeFileSync(join(folder, "main.js"), `${head}\nawait runProcess(async (lifecycle) => {${body}});`);
  return join(folder, "main.js");
}

async function run(body: string, whenReady?: NodeJS.Signals) {
  const child = spawn(process.execPath, [await program(body)], { stdio: ["ignore", "pipe", "pipe"] });
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk.toString();
    if (whenReady && out.includes("ready")) child.kill(whenReady);
  });
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  const [status] = (await once(child, "close")) as [number | null];
  return { status, out, err };
}

describe("the life of a process", () => {
  it.each(["SIGTERM", "SIGINT"] as const)("ends on %s after closing what it opened", async (signal) => {
    const body = `lifecycle.own("x", "x", () => console.log("closed")); setInterval(() => undefined, 1000); console.log("ready");`;
    expect(await run(body, signal)).toEqual({ status: 0, out: "ready\nclosed\n", err: "" });
  });

  it("says plainly what is wrong with the configuration, with status 78", async () => {
    const { status, err } = await run(`throw new ConfigError(["URL is required: where it is"]);`);
    expect(status).toBe(78);
    expect(err).toBe("the configuration needs attention:\n  URL is required: where it is\n");
  });

  it("closes what was opened before a start failed", async () => {
    const { status, out, err } = await run(
      `lifecycle.own("x", "x", () => console.log("closed")); throw new Error("port taken");`,
    );
    expect({ status, out }).toEqual({ status: 1, out: "closed\n" });
    expect(err).toContain("port taken");
  });
});
