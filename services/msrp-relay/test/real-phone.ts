import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLocalBus } from "@heliograph/bus";
import { type Bus, msrpRelay } from "@heliograph/contracts";
import { TimerWheel } from "@heliograph/kernel";
import { type ChunkSink, type Head, parseMsrpUri } from "@heliograph/msrp";
import {
  createMsrpConnections,
  type MsrpConnection,
  type MsrpConnections,
  type MsrpTransportName,
} from "@heliograph/msrp-stack";
import { keptCertificate, loadConfig } from "@heliograph/runtime";
import { PooledChance } from "@heliograph/sip-stack";
import { Metrics } from "@heliograph/telemetry";
import { createMsrpRelay, readConfig } from "../src/index.js";
import { asking, bodiless, described } from "./given.js";

const open: (() => unknown)[] = [];
const nothing = (): void => undefined;

/** Closes everything that a test opened, in `afterEach`. */
export async function closeAll(): Promise<void> {
  for (const close of open.splice(0).reverse()) await close();
}

/** A relay on sockets, in this process. */
export async function givenRealRelay(env: Record<string, string> = {}) {
  const dataDir = await mkdtemp(join(tmpdir(), "relay-"));
  open.push(() => rm(dataDir, { recursive: true }));
  const listen = "tcp:127.0.0.1:0,tls:127.0.0.1:0,ws:127.0.0.1:0,wss:127.0.0.1:0";
  const config = loadConfig(
    { MSRP_LISTEN: listen, DATA_DIR: dataDir, MSRP_DRAIN_MS: "100ms", ...env },
    readConfig,
  );
  const clock = new TimerWheel();
  const chance = new PooledChance();
  const problems: unknown[] = [];
  const logger = {
    debug: nothing,
    info: nothing,
    warn: nothing,
    error: (what: object) => problems.push(what),
  };
  const metrics = new Metrics();
  const bus: Bus = createLocalBus({ clock, logger });
  const relay = createMsrpRelay({ bus, clock, chance, telemetry: { logger, metrics }, config });
  await relay.start();
  open.push(() => relay.stop());
  const lost: { readonly why: string }[] = [];
  await bus.listen(msrpRelay.sessionLost, {}, "test", async (fact) => void lost.push(fact));
  const phones = createMsrpConnections({ listen: [], clock, chance });
  open.push(() => phones.stop());
  return { relay, bus, metrics, problems, lost, phones, ...asking(bus) };
}

/** Sockets that show a certificate of their own. */
export async function certificate(): Promise<MsrpConnections> {
  const dataDir = await mkdtemp(join(tmpdir(), "phone-"));
  open.push(() => rm(dataDir, { recursive: true }));
  const tls = await keptCertificate({ keyFile: undefined, certFile: undefined, dataDir }, ["phone"]);
  const phones = createMsrpConnections({
    listen: [],
    clock: new TimerWheel(),
    chance: new PooledChance(),
    tls,
  });
  open.push(() => phones.stop());
  return phones;
}

/** What has come to a phone. */
export interface Arrival {
  readonly head: Head;
  readonly body: Buffer;
  readonly flag: string;
}

/** One end of a session on a real connection. */
export class RealPhone implements ChunkSink {
  readonly arrivals: Arrival[] = [];
  bodyBytes = 0;
  /** Whether bodies are kept. */
  keeps = true;
  #head: Head | undefined;
  #body: Buffer[] = [];
  #notify: () => void = nothing;

  private constructor(
    readonly connection: MsrpConnection,
    readonly to: string,
    readonly from: string,
  ) {
    connection.start(this);
  }

  /** Connects to where a URI of the relay leads, and binds. */
  static async bind(
    phones: MsrpConnections,
    to: string,
    from: string,
    {
      transport,
      port: elsewhere,
    }: { readonly transport: MsrpTransportName; readonly port?: number | undefined },
  ) {
    const uri = parseMsrpUri(to);
    if (!uri.ok) throw new Error(to);
    const { host, port: named = 0 } = uri.value;
    const port = elsewhere ?? named;
    const connection = await phones.connect({
      transport,
      host,
      port,
      proof: { kind: "none" },
      isShared: false,
    });
    const phone = new RealPhone(connection, to, from);
    phone.write(bodiless(to, from));
    const answer = await phone.next();
    if (answer.head.kind !== "response" || answer.head.status !== 200) throw new Error("not bound");
    return phone;
  }

  write(text: string | Uint8Array): boolean {
    return this.connection.write(typeof text === "string" ? Buffer.from(text) : text);
  }

  /** Answers a SEND. */
  answer({ head }: Arrival, status = 200): void {
    this.write(
      `MSRP ${head.tid} ${status} OK\r\nTo-Path: ${head.fromPath.join(" ")}\r\nFrom-Path: ${this.from}\r\n-------${head.tid}$\r\n`,
    );
  }

  /** What comes next. */
  async next(): Promise<Arrival> {
    for (;;) {
      const arrival = this.arrivals.shift();
      if (arrival !== undefined) return arrival;
      await new Promise<void>((resolve) => (this.#notify = resolve));
    }
  }

  onHead(head: Head): void {
    this.#head = head;
    this.#body = [];
  }

  onBody(octets: Uint8Array): void {
    this.bodyBytes += octets.length;
    if (this.keeps) this.#body.push(Buffer.from(octets));
  }

  onEnd(flag: string): void {
    if (this.#head !== undefined)
      this.arrivals.push({ head: this.#head, body: Buffer.concat(this.#body), flag });
    this.#notify();
  }

  onMalformed({ rule }: { readonly rule: string }): void {
    throw new Error(`the relay sent what is malformed: ${rule}`);
  }

  onBroken(rule: string): void {
    throw new Error(`the relay sent what is no MSRP: ${rule}`);
  }
}

/** What a client of each transport says of itself. */
export function describedFor(transport: MsrpTransportName, user: string, more: readonly string[] = []) {
  const isSecure = transport === "tls" || transport === "wss";
  const isWs = transport === "ws" || transport === "wss";
  const host = isWs ? `${user}.invalid` : "127.0.0.1";
  const from = `${isSecure ? "msrps" : "msrp"}://${host}:9/${user}secret;${isWs ? "ws" : "tcp"}`;
  const protocol = isSecure ? "TCP/TLS/MSRP" : "TCP/MSRP";
  return { from, sdp: described({ user, host, path: from, protocol, more: ["a=setup:active", ...more] }) };
}
