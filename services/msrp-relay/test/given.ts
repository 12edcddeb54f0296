import { createLocalBus } from "@heliograph/bus";
import { type Bus, msrpRelay, type Side } from "@heliograph/contracts";
import { loadConfig } from "@heliograph/runtime";
import { Metrics } from "@heliograph/telemetry";
import { FakeClock, PredictableChance } from "@heliograph/testkit";
import { compose } from "../src/compose.js";
import { readConfig } from "../src/config.js";
import { reportEvents } from "../src/events.js";
import { type MemoryConnection, MemoryConnections } from "./memory-connections.js";

/** A description from its lines. */
export const sdp = (...lines: string[]) => Buffer.from(lines.map((line) => `${line}\r\n`).join(""));

/** The session level, and one section for messages with what a test adds. */
export function described(parts: {
  readonly user?: string;
  readonly protocol?: string;
  readonly port?: number;
  readonly path?: string;
  readonly host?: string;
  readonly more?: readonly string[];
  readonly after?: readonly string[];
}): Buffer {
  const {
    user = "alice",
    protocol = "TCP/MSRP",
    port = 9,
    host = "192.0.2.10",
    more = [],
    after = [],
  } = parts;
  const path = parts.path ?? `msrp://${host}:${port}/${user}secret;tcp`;
  return sdp(
    "v=0",
    `o=${user} 10 1 IN IP4 ${host}`,
    "s=-",
    `c=IN IP4 ${host}`,
    "t=0 0",
    `m=message ${port} ${protocol} *`,
    "a=accept-types:message/cpim text/plain",
    `a=path:${path}`,
    ...more,
    ...after,
  );
}

/** The version of the first description that says 1: as late as the clock of the tests. */
export const firstVersion = new FakeClock().startMs + 1;

export const text = (octets: Uint8Array | undefined) => Buffer.from(octets ?? []).toString("latin1");

/** The URI in a description's path, the rightmost one. */
export function pathOf(description: Uint8Array | undefined, index = 0): string {
  const paths = [...text(description).matchAll(/a=path:(\S+)/g)];
  const uri = paths[index]?.[1];
  if (uri === undefined) throw new Error(`no path in ${text(description)}`);
  return uri;
}

/** What a policy lets through unless a test says otherwise. */
export const policy: msrpRelay.MediaPolicy = { maxMessageBytes: 10_000_000, contentTypes: ["*"] };

/** A relay without sockets, on a clock that stands still. */
export async function givenRelay(
  options: { readonly env?: Record<string, string>; readonly names?: Record<string, readonly string[]> } = {},
) {
  const clock = new FakeClock();
  const chance = new PredictableChance("chance");
  const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
  const metrics = new Metrics();
  const bus = createLocalBus({ clock, logger, validate: true });
  const config = loadConfig({ ...options.env }, readConfig);
  const connections = new MemoryConnections(config.listen);
  const points = config.listen.map(({ transport, port }) => ({ transport, host: "192.0.2.1", port }));
  const events = reportEvents({ logger, metrics });
  const names = {
    addressesOf: async (asked: readonly string[]) =>
      new Map(asked.map((name) => [name, options.names?.[name] ?? []] as const)),
    relayOf: async (name: string) => ({ host: `srv.${name}`, port: 9_000 }),
  };
  const telemetry = { logger, metrics };
  const composed = await compose({
    bus,
    connections,
    points,
    names,
    clock,
    chance,
    events,
    telemetry,
    config,
  });
  const lost: { readonly why: string; readonly side?: Side | undefined; readonly conversation: string }[] =
    [];
  await bus.listen(msrpRelay.sessionLost, {}, "test", async (fact) => void lost.push(fact));
  const { sessions, grants } = composed;
  return { bus, clock, connections, metrics, lost, sessions, grants, ...asking(bus) };
}

const nothing = (): void => undefined;
const node = "relay1";

/** The requests of the bus, one function each. */
export function asking(bus: Bus) {
  return {
    anchor: (offer?: Uint8Array, media = policy, conversation = "c1") =>
      bus.request(
        msrpRelay.anchorSession,
        {},
        offer === undefined ? { conversation, policy: media } : { conversation, offer, policy: media },
      ),
    offer: (session: string, from: Side, offer: Uint8Array, reach: msrpRelay.Reach = "tcp") =>
      bus.request(msrpRelay.translateOffer, { node }, { session, from, offer, reach }),
    answer: (session: string, from: Side, answer: Uint8Array, reach: msrpRelay.Reach = "tcp") =>
      bus.request(msrpRelay.translateAnswer, { node }, { session, from, answer, reach }),
    answerForCallee: (session: string) => bus.request(msrpRelay.answerForCallee, { node }, { session }),
    close: (session: string) => bus.request(msrpRelay.closeSession, { node }, { session }),
    check: (...sessions: string[]) => bus.request(msrpRelay.checkSessions, { node }, { sessions }),
  };
}

/** What an anchored session is, or the failure of the test. */
export function anchored(reply: Awaited<ReturnType<ReturnType<typeof asking>["anchor"]>>) {
  if (reply.kind !== "anchored") throw new Error(`refused: ${reply.status} ${reply.reason}`);
  return reply;
}

/** A translated description, or the failure of the test. */
export function translated(reply: { readonly kind: string; readonly description?: Uint8Array }): Uint8Array {
  if (reply.kind !== "translated" || reply.description === undefined)
    throw new Error(`not translated: ${JSON.stringify(reply)}`);
  return reply.description;
}

/** One party of a session in memory: its connection, our URI for it, and its own. */
export interface Party {
  readonly connection: MemoryConnection;
  /** Where it sends to. */
  readonly to: string;
  readonly from: string;
}

/** A session between two ends that connect to us, both bound; what was said for that is taken away. */
export async function givenSession(
  relay: Awaited<ReturnType<typeof givenRelay>>,
  parts: {
    readonly media?: msrpRelay.MediaPolicy;
    readonly bobTransport?: "tcp" | "wss";
    readonly binds?: readonly Side[];
  } = {},
) {
  const { media = policy, bobTransport = "tcp", binds = ["caller", "callee"] } = parts;
  const offered = anchored(await relay.anchor(described({ more: ["a=setup:active"] }), media));
  const { session } = offered.anchor;
  const isWs = bobTransport === "wss";
  const bobFrom = isWs ? "msrps://b.invalid:2855/bobsecret;ws" : "msrp://192.0.2.20:9/bobsecret;tcp";
  const bobSdp = described({
    user: "bob",
    path: bobFrom,
    host: isWs ? "b.invalid" : "192.0.2.20",
    port: isWs ? 2855 : 9,
    protocol: isWs ? "TCP/TLS/MSRP" : "TCP/MSRP",
    more: ["a=setup:active"],
  });
  const answer = translated(await relay.answer(session, "callee", bobSdp, isWs ? "ws" : "tcp"));
  const alice: Party = {
    connection: relay.connections.arrive("tcp"),
    to: pathOf(answer),
    from: "msrp://192.0.2.10:9/alicesecret;tcp",
  };
  const bob: Party = {
    connection: relay.connections.arrive(bobTransport),
    to: pathOf(isWs ? offered.offers?.ws : offered.offers?.tcp),
    from: bobFrom,
  };
  if (binds.includes("caller")) bindOne(alice);
  if (binds.includes("callee")) bindOne(bob);
  return { session, alice, bob };
}

/** The bodiless SEND of who connects; the answer to it is taken away. */
export function bindOne({ connection, to, from }: Party): void {
  connection.feed(bodiless(to, from));
  const answer = connection.take();
  if (!answer.includes(" 200 OK\r\n")) throw new Error(`not bound: ${answer}`);
}

let serial = 0;

export function bodiless(to: string, from: string): string {
  serial += 1;
  return `MSRP hello${serial} SEND\r\nTo-Path: ${to}\r\nFrom-Path: ${from}\r\nMessage-ID: mhello${serial}\r\nByte-Range: 1-0/0\r\n-------hello${serial}$\r\n`;
}

/** What differs in a SEND. */
export interface SendParts {
  readonly tid?: string;
  readonly method?: string;
  readonly messageId?: string;
  readonly range?: string;
  readonly fields?: readonly string[];
  readonly type?: string;
  readonly body?: string;
  readonly flag?: string;
}

/** A SEND of a party as text. */
export function sendOf({ to, from }: Pick<Party, "to" | "from">, parts: SendParts = {}): string {
  serial += 1;
  const tid = parts.tid ?? `tid${serial}`;
  return [
    `MSRP ${tid} ${parts.method ?? "SEND"}`,
    `To-Path: ${to}`,
    `From-Path: ${from}`,
    `Message-ID: ${parts.messageId ?? `mid${serial}`}`,
    ...(parts.range === undefined ? [] : [`Byte-Range: ${parts.range}`]),
    ...(parts.fields ?? []),
    `Content-Type: ${parts.type ?? "text/plain"}`,
    "",
    parts.body ?? "hello",
    `-------${tid}${parts.flag ?? "$"}`,
    "",
  ].join("\r\n");
}

/** The transaction identifier of the first request in a text. */
export function tidOf(received: string): string {
  const [, tid = ""] = /^MSRP (\S+) [A-Z]+\r\n/m.exec(received) ?? [];
  if (tid === "") throw new Error(`no request in ${received}`);
  return tid;
}

/** A response to the first request in a text. */
export function answerTo(received: string, status: number, comment = ""): string {
  const tid = tidOf(received);
  const [, to = ""] = /\r\nTo-Path: ([^\r]*)/.exec(received) ?? [];
  const [, from = ""] = /\r\nFrom-Path: ([^\r]*)/.exec(received) ?? [];
  return `MSRP ${tid} ${status}${comment === "" ? "" : ` ${comment}`}\r\nTo-Path: ${from}\r\nFrom-Path: ${to}\r\n-------${tid}$\r\n`;
}
