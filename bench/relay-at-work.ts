import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { connectNatsBus, type NatsBus } from "@heliograph/bus";
import { msrpRelay } from "@heliograph/contracts";
import { TimerWheel } from "@heliograph/kernel";
import { composeOffer, parseMsrpDescription } from "@heliograph/sdp";
import { freePort, startNats, type TestServer } from "@heliograph/testkit";
import type { LoadEnd, LoadPair } from "./msrp-load.js";
import type { Carrier } from "./msrp-peers.js";
import { cpuMicros, residentBytes } from "./process-usage.js";

const silent = { error: () => undefined, warn: () => undefined, info: () => undefined };
const policy = { maxMessageBytes: 4 * 1024 ** 3, contentTypes: ["*"] };

/** Our relay as a process of its own, with anchored sessions whose ends both connect to it. */
export class RelayAtWork implements Carrier {
  readonly pairs: LoadPair[] = [];

  private constructor(
    private readonly child: ChildProcess,
    private readonly nats: TestServer,
    private readonly bus: NatsBus,
    private readonly dataDir: string,
  ) {}

  /** Starts it and anchors `count` sessions; `callees` of them share one connection on the callee's side. */
  static async start(count: number, callees = 1): Promise<RelayAtWork> {
    const [nats, port, health] = await Promise.all([startNats(), freePort(), freePort()]);
    const dataDir = mkdtempSync(join(tmpdir(), "bench-relay-"));
    const child = spawn(process.execPath, ["services/msrp-relay/dist/main.js"], {
      env: {
        ...process.env,
        NATS_URL: nats.url,
        HEALTH_PORT: String(health),
        DATA_DIR: dataDir,
        LOG_LEVEL: "warn",
        MSRP_LISTEN: `tcp:127.0.0.1:${port}`,
        MSRP_NOT_BOUND_MS: "600000",
        MSRP_MAX_CONNECTIONS_PER_SOURCE: "100000",
      },
      stdio: ["ignore", "inherit", "inherit"],
    });
    await ready(health);
    const bus = await connectNatsBus({
      url: nats.url,
      identity: { name: "bench", version: "0.1.0", description: "bench" },
      clock: new TimerWheel(),
      logger: silent,
    });
    const relay = new RelayAtWork(child, nats, bus, dataDir);
    for (let n = 0; n < count; n += 1) relay.pairs.push(await relay.#anchor(n, Math.floor(n / callees)));
    return relay;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Resident memory, in bytes. */
  get residentBytes(): number {
    return residentBytes(this.pid);
  }

  cpuMicros(): number {
    return cpuMicros(this.pid);
  }

  async stop(): Promise<void> {
    await this.bus.drain();
    this.child.kill("SIGKILL");
    await this.nats.stop();
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  async #anchor(n: number, callee: number): Promise<LoadPair> {
    const caller = `msrp://127.0.0.10:9/caller${n};tcp`;
    const called = `msrp://127.0.1.${callee % 250}:${10 + Math.floor(callee / 250)}/callee${n};tcp`;
    const reply = await this.bus.request(
      msrpRelay.anchorSession,
      {},
      { conversation: `bench${n}`, offer: describe(caller), policy },
    );
    if (reply.kind !== "anchored" || !reply.offers) throw new Error(`not anchored: ${JSON.stringify(reply)}`);
    const { node, session } = reply.anchor;
    const answer = await this.bus.request(
      msrpRelay.translateAnswer,
      { node },
      { session, from: "callee", answer: describe(called), reach: "tcp" },
    );
    if (answer.kind !== "translated") throw new Error(`no answer: ${JSON.stringify(answer)}`);
    return { sender: endOf(caller, answer.description), receiver: endOf(called, reply.offers.tcp) };
  }
}

/** What an end says that connects by itself. */
function describe(uri: string): Uint8Array {
  const [host = "", port = ""] = uri.slice("msrp://".length, uri.indexOf("/", 8)).split(":");
  return composeOffer({ username: "-", sessionId: "1", version: 1, host }, [
    {
      host,
      port: Number(port),
      path: [{ text: uri, isSecure: false, host, port: Number(port), transport: "tcp" }],
      acceptTypes: ["*"],
      transport: "TCP/MSRP",
      setup: "active",
      direction: "sendrecv",
      hasCema: false,
    },
  ]);
}

function endOf(uri: string, description: Uint8Array): LoadEnd {
  const read = parseMsrpDescription(description);
  const media = read.ok ? read.value.media[0] : undefined;
  if (media?.kind !== "msrp") throw new Error("the relay's description has no message session");
  const [next] = media.path;
  return { connect: next.port, uri, toPath: next.text, binds: true };
}

async function ready(port: number): Promise<void> {
  for (let tries = 0; tries < 400; tries += 1) {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
    if (answer?.ok) return;
    await wait(50);
  }
  throw new Error("the relay did not become ready");
}
