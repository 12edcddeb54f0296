import { setTimeout as wait } from "node:timers/promises";
import { type Figure, toFigure } from "./figure.js";
import { type Carrier, startDirect, startKamailioMsrp, startPipe } from "./msrp-peers.js";
import { RelayAtWork } from "./relay-at-work.js";
import { openIdleSessions, runMsrpLoad } from "./run-msrp-load.js";

const sessions = 20;
const bodyBytes = 200;
const perSecond = 5_000;
const chatMessages = 25_000;
const warmUp = 10_000;
const bulkBytes = 1024 ** 3;
/** What a client sends before it lets others have the connection. */
const bulkChunkBytes = 64 * 1024 ** 2;
const idleSessions = 10_000;
/** A process has 20,000 descriptors on many machines: two callees share a connection, as behind another relay. */
const calleesPerConnection = 2;

/** What a relayed chat message and a large transfer cost, beside Kamailio's relay and a bare pipe. */
export async function benchMsrpRelay(): Promise<Figure[]> {
  const direct = await chatThrough(await startDirect(sessions));
  const kamailio = await startKamailioMsrp(sessions);
  const peer = kamailio && (await chatThrough(kamailio));
  const ours = await chatThrough(await RelayAtWork.start(sessions));
  const pipe = await bulkThrough(await startPipe());
  const bulk = await bulkThrough(await RelayAtWork.start(1));
  return [
    toFigure({
      id: "msrp-relay-chat",
      value: ours.cost,
      unit: `µs CPU a message of ${bodyBytes} B`,
      ...(peer && { peer: peer.cost, target: { of: "ratio", is: "<=", bound: 2 } as const }),
    }),
    toFigure({
      id: "msrp-relay-chat-p99",
      value: Math.max(0, ours.p99Ms - direct.p99Ms),
      unit: `ms added at ${perSecond}/s`,
      ...(peer && { peer: Math.max(0, peer.p99Ms - direct.p99Ms) }),
      target: { of: "value", is: "<=", bound: 2 },
    }),
    toFigure({
      id: "msrp-relay-bulk",
      value: bulk,
      unit: "MB/s a core (peer: a bare TCP pipe in Node)",
      peer: pipe,
      // At least 400 MB/s a core, or within 1.5 times the pipe's CPU.
      target: { of: "value", is: ">=", bound: Math.min(400, Math.round(pipe / 1.5)) },
    }),
  ];
}

/** What a session weighs that says nothing. */
export async function benchIdleSessions(): Promise<Figure> {
  const relay = await RelayAtWork.start(0);
  const before = await settled(relay);
  await relay.stop();
  const laden = await RelayAtWork.start(idleSessions, calleesPerConnection);
  const end = await openIdleSessions(laden.pairs);
  const after = await settled(laden);
  end();
  await laden.stop();
  return toFigure({
    id: "msrp-idle-session-memory",
    value: (after - before) / idleSessions,
    unit: `bytes a session, resident, ${idleSessions} of them`,
    target: { of: "value", is: "<=", bound: 20_000 },
  });
}

async function settled(relay: RelayAtWork): Promise<number> {
  await wait(3_000);
  return relay.residentBytes;
}

async function chatThrough(carrier: Carrier): Promise<{ cost: number; p99Ms: number }> {
  const first = carrier.pairs.slice(0, sessions / 2);
  const second = carrier.pairs.slice(sessions / 2);
  const chat = { kind: "chat", perSecond, bodyBytes } as const;
  await runMsrpLoad({ ...chat, pairs: first, messages: warmUp });
  let before = 0;
  const { received, p99Ms } = await runMsrpLoad({ ...chat, pairs: second, messages: chatMessages }, () => {
    before = carrier.cpuMicros();
  });
  const cost = (carrier.cpuMicros() - before) / received;
  await carrier.stop();
  return { cost, p99Ms };
}

/** Megabytes a second of CPU. */
async function bulkThrough(carrier: Carrier): Promise<number> {
  const [pair] = carrier.pairs;
  if (!pair) throw new Error("there is no session");
  let before = 0;
  const { bytes } = await runMsrpLoad(
    { kind: "bulk", pair, bytes: bulkBytes, chunkBytes: bulkChunkBytes },
    () => {
      before = carrier.cpuMicros();
    },
  );
  const perMicrosecond = bytes / (carrier.cpuMicros() - before);
  await carrier.stop();
  return perMicrosecond;
}
