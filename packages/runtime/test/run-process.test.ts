import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { transform } from "@swc/core";

const source = (name: string) => readFileSync(new URL(`../src/${name}`, import.meta.url), "utf8");

/** The life of a process can only be seen from outside: these few sources, as a program with `body` in it. */
async function program(body: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "process-"));
  for (const name of ["run-process", "collect-less-often", "config-error", "lifecycle", "stop-signal"]) {
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

async function run(body: string, whenReady?: NodeJS.Signals, env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [await program(body)], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
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
  it.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)(
    "ends on %s after closing what it opened",
    async (signal) => {
      const body = `lifecycle.own("x", "x", () => console.log("closed")); setInterval(() => undefined, 1000); console.log("ready");`;
      expect(await run(body, signal)).toEqual({ status: 0, out: "ready\nclosed\n", err: "" });
    },
  );

  it("takes a signal that arrives twice in a moment as one wish", async () => {
    const close = 'new Promise((resolve) => setTimeout(() => { console.log("closed"); resolve(); }, 100))';
    const body = `lifecycle.own("x", "x", () => ${close}); setInterval(() => undefined, 1000);
      process.on("SIGTERM", () => setTimeout(() => process.kill(process.pid, "SIGINT"), 20)); console.log("ready");`;
    expect(await run(body, "SIGTERM")).toEqual({ status: 0, out: "ready\nclosed\n", err: "" });
  });

  it("ends with its supervisor, whose end closes standard input", async () => {
    const body = `lifecycle.own("x", "x", () => console.log("closed")); setInterval(() => undefined, 1000);`;
    const ended = await run(body, undefined, { STOPS_WITH_STDIN: "1" });
    expect(ended).toEqual({ status: 0, out: "closed\n", err: "" });
  });

  it("says plainly what is wrong with the configuration, with status 78", async () => {
    const { status, err } = await run(`throw new ConfigError(["URL is required: where it is"]);`);
    expect(status).toBe(78);
    expect(err).toBe("the configuration needs attention:\n  URL is required: where it is\n");
  });

  it("says plainly which address cannot be taken, and what to do", async () => {
    const { status, err } = await run(
      `const { createServer } = await import("node:net"); const { once } = await import("node:events");
      const first = createServer().listen(0, "127.0.0.1"); await once(first, "listening");
      await once(createServer().listen(first.address().port, "127.0.0.1"), "listening");`,
    );
    expect(status).toBe(1);
    expect(err).toMatch(/^listen EADDRINUSE: address already in use 127\.0\.0\.1:\d+: another process .*\n$/);
  });

  it("closes what was opened before a start failed", async () => {
    const { status, out, err } = await run(
      `lifecycle.own("x", "x", () => console.log("closed")); throw new Error("port taken");`,
    );
    expect({ status, out }).toEqual({ status: 1, out: "closed\n" });
    expect(err).toContain("port taken");
  });
});
