import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { freePort } from "@heliograph/testkit";

const services = ["sip-core", "deferred-store", "msrp-relay", "participating", "provisioning", "sip-edge"];
const dataDir = mkdtempSync(join(tmpdir(), "distributed-"));
let suite: ChildProcess;
let output = "";
let adminPort = 0;
let healthPorts: readonly number[] = [];

/** Ports that follow each other, one for each process's health server: below those that the system gives to clients. */
async function consecutivePorts(count: number): Promise<readonly number[]> {
  const first = Math.min(await freePort(), 31_000);
  return Array.from({ length: count }, (_, index) => first + index);
}

beforeAll(async () => {
  chmodSync(dataDir, 0o711);
  healthPorts = await consecutivePorts(services.length);
  adminPort = await freePort();
  const sipPort = await freePort();
  suite = spawn(process.execPath, ["build/scripts/start-distributed.js"], {
    env: {
      ...process.env,
      NODE_OPTIONS: "",
      DATA_DIR: dataDir,
      HEALTH_PORT: String(healthPorts[0]),
      ADMIN_PORT: String(adminPort),
      SIP_LISTEN: `udp:127.0.0.1:${sipPort},tcp:127.0.0.1:${sipPort}`,
      MSRP_LISTEN: "tcp:127.0.0.1:0",
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [suite.stdout, suite.stderr]) {
    stream?.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  await until(() => output.includes("every service a process of its own"));
}, 90_000);
afterAll(async () => {
  if (suite.exitCode === null) suite.kill("SIGKILL");
  rmSync(dataDir, { recursive: true, force: true });
});

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 600; turn += 1) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`waited in vain:\n${output.slice(-4_000)}`);
}

const allReady = async (): Promise<boolean> => {
  const answers = await Promise.all(
    healthPorts.map((port) =>
      fetch(`http://127.0.0.1:${port}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      ),
    ),
  );
  return answers.every(Boolean);
};
const pidOf = (name: string): number =>
  Number([...output.matchAll(new RegExp(`${name} started as process (\\d+)`, "g"))].at(-1)?.[1]);
const countDomains = async (): Promise<number> => {
  const key = readFileSync(join(dataDir, "admin-key"), "utf8").trim();
  const answer = await fetch(`http://127.0.0.1:${adminPort}/v1/domains`, {
    headers: { authorization: `Bearer ${key}` },
  });
  return answer.status;
};

describe("the distributed form on one machine", () => {
  it("runs every service as a process of its own, each ready", async () => {
    expect(new Set(services.map(pidOf)).size).toBe(services.length);
    expect(await allReady()).toBe(true);
    expect(await countDomains()).toBe(200);
  });

  it("starts a service that was killed again", async () => {
    const killed = pidOf("sip-core");
    process.kill(killed, "SIGKILL");
    await until(() => pidOf("sip-core") !== killed);
    await until(allReady);
    expect(output).toMatch(/sip-core +\| sip-core ended \(SIGKILL\); starting it again in 200 ms/);
    expect(await countDomains()).toBe(200);
  }, 60_000);

  it("stops every process in an orderly way, the door first", async () => {
    const pids = services.map(pidOf);
    const gone = once(suite, "exit");
    suite.kill("SIGTERM");
    expect(await gone).toEqual([0, null]);
    const stopped = [...output.matchAll(/\| (\S+) stopped/g)].map(([, name]) => name);
    expect(stopped).toEqual([...services].reverse());
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow("ESRCH");
  }, 60_000);
});
