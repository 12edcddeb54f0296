import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, renameSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Client } from "pg";
import { type Cluster, prepareCluster, readIn, role, writeIn } from "./cluster.js";
import { EmbeddedPostgresError } from "./embedded-postgres-error.js";
import { holdCluster } from "./holder.js";
import { discardForeignPid, postmasterOf, stopPostmaster } from "./postmaster.js";

/** A Postgres of our own. While it is held, a server that dies is started again on the same port. */
export interface EmbeddedPostgres {
  readonly url: string;
  readonly port: number;
  /** Whether a server was running already, left by a process that was killed. */
  readonly isAdopted: boolean;
  /** The server process now. */
  pid(): number | undefined;
  /** Stops the server (fast shutdown). */
  stop(): Promise<void>;
}

/** Where the data is, and who hears about it. */
export interface EmbeddedPostgresOptions {
  readonly dataDir: string;
  /** Told what happened to the server, in words for an operator. */
  readonly onEvent?: (what: string) => void;
  readonly startTimeoutMs?: number;
  readonly stopTimeoutMs?: number;
}

/**
 * Starts a Postgres on a free loopback port, or takes over the one that a killed process of ours has left running.
 * Everything that was committed is on disk (fsync is on). Throws {@link EmbeddedPostgresError}.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const cluster = await prepareCluster(options.dataDir);
  for (let tries = 1; ; tries += 1) {
    const { port, isAdopted } = await run(cluster, options);
    const url = `postgres://${role}:${cluster.password}@127.0.0.1:${port}/postgres`;
    const keeper = new Keeper(cluster, url, port, options);
    try {
      await keeper.hold();
      return { url, port, isAdopted, pid: () => postmasterOf(cluster.dir)?.pid, stop: () => keeper.stop() };
    } catch (error) {
      // The one who held it has just stopped it under our hands: what is left is to start it.
      if (error instanceof EmbeddedPostgresError || tries === 3) throw error;
    }
  }
}

/** Owns the running server: keeps the lock, and starts the server again when it dies. */
class Keeper {
  #lock: Client | undefined;
  #isStopping = false;

  constructor(
    private readonly cluster: Cluster,
    private readonly url: string,
    private readonly port: number,
    private readonly options: EmbeddedPostgresOptions,
  ) {}

  async hold(): Promise<void> {
    const lock = await holdCluster(this.url, this.cluster.dataDir);
    this.#lock = lock;
    lock.once("end", () => {
      if (!this.#isStopping) void this.#recover();
    });
  }

  async stop(): Promise<void> {
    if (this.#isStopping) return;
    this.#isStopping = true;
    const server = postmasterOf(this.cluster.dir);
    if (server) await stopPostmaster(this.cluster.dir, server.pid, this.options.stopTimeoutMs ?? 20_000);
    await this.#lock?.end().catch(() => undefined);
  }

  async #recover(): Promise<void> {
    this.options.onEvent?.("lost the embedded Postgres; starting it again");
    for (let delayMs = 100; !this.#isStopping; delayMs = Math.min(delayMs * 2, longestDelayMs)) {
      try {
        await run(this.cluster, this.options, this.port);
        await this.hold();
        this.options.onEvent?.("the embedded Postgres is back");
        return;
      } catch (error) {
        this.options.onEvent?.(`the embedded Postgres does not start: ${String(error)}`);
        await wait(delayMs);
      }
    }
  }
}

/** Between two tries to bring back a server that is killed again and again: whoever waits for it waits no longer. */
const longestDelayMs = 2_000;

/** A server that was killed may leave processes that hold its memory for a moment; beyond that, trying again is no use. */
const maxTries = 7;

interface Running {
  readonly port: number;
  readonly isAdopted: boolean;
}

/** Finds the server of the cluster or starts it; returns when it is ready for connections. */
async function run(cluster: Cluster, options: EmbeddedPostgresOptions, samePort?: number): Promise<Running> {
  const deadline = Date.now() + (options.startTimeoutMs ?? 60_000);
  let child: ChildProcess | undefined;
  for (let tries = 0; Date.now() < deadline && tries < maxTries; ) {
    const server = postmasterOf(cluster.dir);
    if (server?.isReady) return { port: server.port, isAdopted: child === undefined };
    if (!server && !isRunning(child)) {
      if (child) await wait(50 * 2 ** tries);
      child = await start(cluster, samePort);
      tries += 1;
    }
    await wait(10);
  }
  throw new EmbeddedPostgresError(
    "failed",
    `the embedded Postgres does not start:\n${tailOf(logOf(cluster))}`,
  );
}

const isRunning = (child: ChildProcess | undefined): boolean =>
  child !== undefined && child.exitCode === null && child.signalCode === null;

const logOf = ({ dataDir }: Cluster): string => join(dataDir, "postgres.log");

async function start(cluster: Cluster, samePort: number | undefined): Promise<ChildProcess> {
  discardForeignPid(cluster.dir);
  const port = samePort ?? (await choosePort(cluster.dataDir));
  const log = openLog(logOf(cluster));
  const child = spawn(cluster.binaries.postgres, ["-D", cluster.dir, "-p", String(port), ...settings()], {
    ...cluster.account,
    cwd: "/",
    detached: true,
    env: { ...process.env, LC_ALL: "C" },
    stdio: ["ignore", log, log],
  });
  child.on("error", () => undefined);
  child.unref();
  closeSync(log);
  return child;
}

/** For many small durable writes on a modest machine; everything else is Postgres' default. */
function settings(): readonly string[] {
  const values = {
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    max_connections: 64,
    shared_buffers: "64MB",
    fsync: "on",
    synchronous_commit: "on",
    full_page_writes: "on",
    wal_compression: "on",
    max_wal_size: "512MB",
    checkpoint_timeout: "10min",
    jit: "off",
    log_checkpoints: "off",
    log_min_messages: "warning",
  };
  return Object.entries(values).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}

/** The port of last time where it is free, so that a URL that somebody noted stays true. */
async function choosePort(dataDir: string): Promise<number> {
  const path = join(dataDir, "port");
  const remembered = Number(readIn(path) ?? 0);
  const port = (remembered > 0 && (await freePort(remembered))) || (await freePort(0));
  if (port === undefined) throw new EmbeddedPostgresError("failed", "no free port on the loopback interface");
  if (port !== remembered) writeIn(path, String(port));
  return port;
}

function freePort(wanted: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(undefined));
    probe.listen(wanted, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" ? address?.port : undefined));
    });
  });
}

const maxLogBytes = 5 * 1024 * 1024;

function openLog(path: string): number {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > maxLogBytes) renameSync(path, `${path}.1`);
  return openSync(path, "a", 0o600);
}

function tailOf(path: string): string {
  return readFileSync(path, "utf8").split("\n").slice(-8).join("\n");
}
