/**
 * Runs every service as a process of its own on this machine, over NATS, Redis and Postgres: those that NATS_URL,
 * REDIS_URL and DATABASE_URL name, or servers of its own. What dies is started again.
 *
 * Use: node build/scripts/start-distributed.js
 */
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { styleText } from "node:util";
import { startEmbeddedPostgres } from "@heliograph/database";
import { keptSecret, type Lifecycle, runProcess } from "@heliograph/runtime";
import { startNats, startRedis, type TestServer } from "@heliograph/testkit";
import { SupervisedProcess } from "./supervised-process.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const dataDir = process.env["DATA_DIR"] ?? "./data";
const firstHealthPort = Number(process.env["HEALTH_PORT"] ?? 9090);
const startWithinMs = 60_000;

/** In the order in which they start; the door opens last and closes first. */
const services = [
  "sip-core",
  "deferred-store",
  "msrp-relay",
  "participating",
  "provisioning",
  "sip-edge",
] as const;
const colours = ["cyan", "magenta", "red", "yellow", "blue", "green"] as const;

await runProcess(startDistributed);

async function startDistributed(lifecycle: Lifecycle): Promise<void> {
  keptSecret(join(dataDir, "admin-key"));
  const urls = await openServers(lifecycle);
  const givenUp = new AbortController();
  const env = {
    LOG_FORMAT: process.stdout.isTTY ? "pretty" : "json",
    LOG_ADDRESS_KEY_FILE: keyFile("log-address-key"),
    ...(process.env["ADMIN_API_KEY"] ? {} : { ADMIN_API_KEY_FILE: join(dataDir, "admin-key") }),
    ...process.env,
    ...urls,
  };
  for (const [index, name] of services.entries()) {
    const healthPort = firstHealthPort + index;
    const supervised = new SupervisedProcess({
      name,
      file: join(root, "services", name, "dist/main.js"),
      env: { ...env, HEALTH_PORT: String(healthPort) },
      say: (line) => process.stdout.write(`${prefix(name, index)} ${line}\n`),
      onGivenUp: () => givenUp.abort(new Error(`${name} does not start with this configuration, see above`)),
    });
    lifecycle.own(name, supervised, (running) => running.stop());
    supervised.start();
    await ready(name, healthPort, givenUp.signal);
  }
  givenUp.signal.addEventListener("abort", () => process.kill(process.pid, "SIGTERM"));
  process.stdout.write(greeting(urls));
}

function keyFile(name: string): string {
  const file = join(dataDir, name);
  keptSecret(file);
  return file;
}

async function openServers(lifecycle: Lifecycle): Promise<Readonly<Record<string, string>>> {
  const [nats, redis, postgres] = await Promise.all([
    open("NATS_URL", lifecycle, startNats),
    open("REDIS_URL", lifecycle, startRedis),
    openPostgres(lifecycle),
  ]);
  return { NATS_URL: nats, REDIS_URL: redis, DATABASE_URL: postgres };
}

async function open(
  variable: string,
  lifecycle: Lifecycle,
  start: () => Promise<TestServer>,
): Promise<string> {
  const given = process.env[variable];
  if (given) return given;
  const server = await start();
  const stopWatching = keepAlive(variable, server);
  lifecycle.own(variable, server, async () => {
    stopWatching();
    await server.stop();
  });
  return server.url;
}

async function openPostgres(lifecycle: Lifecycle): Promise<string> {
  const given = process.env["DATABASE_URL"];
  if (given) return given;
  const server = await startEmbeddedPostgres({ dataDir: join(dataDir, "postgres") });
  return lifecycle.own("Postgres", server, (running) => running.stop()).url;
}

/** Starts a server again when nobody answers at its port any more. Returns how to stop watching. */
function keepAlive(name: string, server: TestServer): () => void {
  const { hostname, port } = new URL(server.url);
  let isRestarting = false;
  const look = async () => {
    if (isRestarting || (await answers(hostname, Number(port)))) return;
    isRestarting = true;
    process.stdout.write(`the server of ${name} is gone; starting it again\n`);
    await server.restart().catch((cause: unknown) => process.stderr.write(`${String(cause)}\n`));
    isRestarting = false;
  };
  const timer = setInterval(() => void look(), 1_000);
  return () => clearInterval(timer);
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host);
    const settle = (isOpen: boolean) => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.once("connect", () => settle(true));
    socket.once("error", () => settle(false));
  });
}

async function ready(name: string, healthPort: number, givenUp: AbortSignal): Promise<void> {
  const deadline = Date.now() + startWithinMs;
  while (Date.now() < deadline) {
    givenUp.throwIfAborted();
    const answer = await fetch(`http://127.0.0.1:${healthPort}/readyz`).catch(() => undefined);
    if (answer?.ok) return;
    await wait(50);
  }
  throw new Error(`${name} is not ready after ${startWithinMs / 1_000} s; its lines are above`);
}

function prefix(name: string, index: number): string {
  return styleText(colours[index % colours.length] ?? "cyan", `${name.padEnd(14)} |`);
}

function greeting(urls: Readonly<Record<string, string>>): string {
  const rows = Object.entries(urls).map(
    ([name, url]) => `  ${name.padEnd(16)}${url.replace(/\/\/[^@/]*@/, "//")}\n`,
  );
  const health = services.map(
    (name, index) => `  ${name.padEnd(16)}http://127.0.0.1:${firstHealthPort + index}/readyz\n`,
  );
  return `
Heliograph is running, every service a process of its own (Ctrl-C stops them)

${rows.join("")}
${health.join("")}
  Users: npx heliograph domain add example.org; npx heliograph user add sip:dave@example.org

`;
}
