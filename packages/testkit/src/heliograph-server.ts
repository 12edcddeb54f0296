import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { freePort } from "./free-port.js";

/** Where a server takes what. */
export interface HeliographPorts {
  /** UDP and TCP. */
  readonly sip: number;
  readonly tls: number;
  readonly ws: number;
  readonly wss: number;
  /** MSRP over TCP, TLS, WebSocket and secure WebSocket. */
  readonly msrp: number;
  readonly msrps: number;
  readonly msrpWs: number;
  readonly msrpWss: number;
  readonly admin: number;
  readonly health: number;
}

/** How a server is started. */
export interface HeliographOptions {
  /** One process as `npm start` runs it, or every service a process of its own as `npm run start:distributed` does. */
  readonly form?: "embedded" | "distributed";
  /** Settings beside the ports and the data folder; docs/configuration.md. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where it keeps its data; a temporary folder that `stop` removes when not given. */
  readonly dataDir?: string;
  /** Room of a half of the young generation: 16 as in production (the default of Node), less where a test weighs what is kept. */
  readonly youngMegabytes?: number;
}

const startTimeoutMs = 60_000;
const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

const programs = {
  embedded: "services/all-in-one/dist/main.js",
  distributed: "build/scripts/start-distributed.js",
};

/**
 * The whole service on free loopback ports, for tests and tools that look at it from outside, and kill it: one process
 * in the embedded form, a supervisor with its processes in the distributed one. Needs the build.
 */
export class HeliographServer {
  #child: ChildProcess | undefined;
  #output = "";

  private constructor(
    readonly ports: HeliographPorts,
    readonly dataDir: string,
    private readonly env: NodeJS.ProcessEnv,
    private readonly run: {
      readonly program: string;
      readonly isTemporary: boolean;
      readonly youngMegabytes: number;
    },
  ) {}

  /** Starts a server; resolves when it is ready. */
  static async start({
    env = {},
    dataDir,
    form = "embedded",
    youngMegabytes = 16,
  }: HeliographOptions = {}): Promise<HeliographServer> {
    const ports = await choosePorts();
    const folder = dataDir ?? mkdtempSync(join(tmpdir(), "heliograph-"));
    const settings = {
      ...process.env,
      NODE_OPTIONS: "",
      DATA_DIR: folder,
      LOG_LEVEL: "warn",
      ...portSettings(ports),
      ...env,
    };
    const run = { program: programs[form], isTemporary: dataDir === undefined, youngMegabytes };
    const server = new HeliographServer(ports, folder, settings, run);
    await server.restart();
    if (form === "distributed") await server.addDomain("127.0.0.1");
    return server;
  }

  /** The URI of the server over a transport, for a client's outbound proxy. */
  uri(transport: "udp" | "tcp" | "tls" | "ws" | "wss" = "udp"): string {
    const port = transport === "udp" || transport === "tcp" ? this.ports.sip : this.ports[transport];
    return `sip:127.0.0.1:${port};transport=${transport}`;
  }

  get adminUrl(): string {
    return `http://127.0.0.1:${this.ports.admin}`;
  }

  /** The key of the admin API. */
  get adminKey(): string {
    return readFileSync(join(this.dataDir, "admin-key"), "utf8").trim();
  }

  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error("the server does not run");
    return pid;
  }

  /** What it printed since it was first started. */
  get output(): string {
    return this.#output;
  }

  /** Adds a user over the admin API. */
  addUser(aor: string, password: string): Promise<void> {
    return this.#send("POST", "/v1/subscribers", { aor, password });
  }

  /** Changes settings of a user over the admin API. */
  changeUser(aor: string, settings: { readonly autoAcceptsSessions?: boolean }): Promise<void> {
    return this.#send("PATCH", `/v1/subscribers/${encodeURIComponent(aor)}`, settings);
  }

  /** Adds a domain over the admin API; one that is there already stays. */
  async addDomain(name: string, aliases: readonly string[] = []): Promise<void> {
    await this.#send("POST", "/v1/domains", { name, aliases });
  }

  /** Ends it as a crash would (SIGKILL), and waits until it is gone. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** Starts it again over the same data, on the same ports; resolves when it is ready. */
  async restart(): Promise<void> {
    await this.#end("SIGKILL");
    // As `npm start` does, and the size of the young generation that a test wants.
    const child = spawn(
      process.execPath,
      ["--initial-old-space-size=512", `--max-semi-space-size=${this.run.youngMegabytes}`, this.run.program],
      {
        env: this.env,
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    running.add(child);
    child.once("exit", () => running.delete(child));
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => {
        this.#output += chunk.toString();
      });
    }
    this.#child = child;
    await this.#ready(child);
  }

  /** Ends it in an orderly way, with its Postgres; its data stays. */
  async shutDown(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) await this.restart();
    await this.#end("SIGTERM");
  }

  /** Ends it in an orderly way; removes its data where that was temporary. */
  async stop(): Promise<void> {
    await this.shutDown();
    if (this.run.isTemporary) rmSync(this.dataDir, { recursive: true, force: true });
  }

  async #send(method: "POST" | "PATCH", path: string, body: object): Promise<void> {
    const response = await fetch(`${this.adminUrl}${path}`, {
      method,
      headers: { authorization: `Bearer ${this.adminKey}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!response.ok && response.status !== 409) {
      throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    }
  }

  async #ready(child: ChildProcess): Promise<void> {
    const printed = this.#output.length;
    const deadline = Date.now() + startTimeoutMs;
    while (Date.now() < deadline && child.exitCode === null && child.signalCode === null) {
      if (/Heliograph is running/.test(this.#output.slice(printed)) && (await this.#isReady())) return;
      await wait(20);
    }
    throw new Error(`the server did not become ready:\n${this.#output.slice(-4_000)}`);
  }

  async #isReady(): Promise<boolean> {
    try {
      return (await fetch(`http://127.0.0.1:${this.ports.health}/readyz`)).ok;
    } catch {
      return false;
    }
  }

  async #end(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill(signal);
    const killer = setTimeout(() => child.kill("SIGKILL"), 20_000);
    await gone;
    clearTimeout(killer);
  }
}

const portNames = [
  "sip",
  "tls",
  "ws",
  "wss",
  "msrp",
  "msrps",
  "msrpWs",
  "msrpWss",
  "admin",
  "health",
] as const satisfies readonly (keyof HeliographPorts)[];

async function choosePorts(): Promise<HeliographPorts> {
  const chosen = await Promise.all(portNames.map(async (name) => [name, await freePort()] as const));
  return Object.fromEntries(chosen) as Record<(typeof portNames)[number], number>;
}

function portSettings(ports: HeliographPorts): Record<string, string> {
  const at = (transport: string, port: number) => `${transport}:127.0.0.1:${port}`;
  const { sip, tls, ws, wss, msrp, msrps, msrpWs, msrpWss, admin, health } = ports;
  return {
    SIP_LISTEN: [at("udp", sip), at("tcp", sip), at("tls", tls), at("ws", ws), at("wss", wss)].join(","),
    MSRP_LISTEN: [at("tcp", msrp), at("tls", msrps), at("ws", msrpWs), at("wss", msrpWss)].join(","),
    ADMIN_PORT: String(admin),
    HEALTH_PORT: String(health),
  };
}
