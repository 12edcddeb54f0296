import { freePort } from "@heliograph/testkit";
import { type Figure, toFigure } from "./figure.js";
import { generatorAddress, runLoad, startDevices } from "./load.js";
import { cpuMicros } from "./process-usage.js";
import { hasKamailio, startKamailio } from "./run-kamailio.js";
import { type ServerAtWork, startServer, users } from "./server-at-work.js";

const perSecond = 2_000;
const calls = 10_000;
/** As many as it takes until what is compiled on the way is compiled; the same for both sides. */
const warmUp = 8_000;
const fullRate = 5_000;

/** Something that takes registrations and relays messages to what is registered. */
interface Relay {
  readonly port: number;
  /** CPU used so far, in microseconds. */
  cpuMicros(): number;
}

/** What a relay showed. */
interface Showing {
  readonly cost: number;
  readonly rate: number;
  readonly p99Ms: number;
}

/** What a message between two users who are online costs, beside Kamailio's relay; and how many go through. */
export async function benchPagerOnline(): Promise<Figure[]> {
  const peer = hasKamailio() ? await showingOfKamailio() : undefined;
  const server = await startServer("embedded");
  try {
    const { cost, rate, p99Ms } = await showingOf(server);
    const beside = (key: keyof Showing) => (peer === undefined ? {} : { peer: peer[key] });
    return [
      toFigure({
        id: "pager-online",
        value: cost,
        unit: "µs CPU a message",
        ...beside("cost"),
        ...(peer && { target: { of: "ratio", is: "<=", bound: 2 } }),
      }),
      toFigure({
        id: "pager-online-rate",
        value: rate,
        unit: "messages/s",
        ...beside("rate"),
        // sipp opens and closes its sockets in the time that it takes: a whole run of 10 s at 5,000/s shows 4,900.
        target: { of: "value", is: ">=", bound: fullRate * 0.97 },
      }),
      toFigure({
        id: "pager-online-p99",
        value: p99Ms,
        unit: `ms at ${fullRate}/s`,
        ...beside("p99Ms"),
        target: { of: "value", is: "<=", bound: 50 },
      }),
    ];
  } finally {
    await server.stop();
  }
}

/** The same message in the distributed form: all services, NATS, Redis and Postgres together. */
export async function benchPagerOnlineDistributed(relay: ServerAtWork): Promise<Figure> {
  const value = await withDevices(relay, () => costOf(relay, 1_000));
  return toFigure({ id: "pager-online-distributed", value, unit: "µs CPU a message, all processes" });
}

async function showingOfKamailio(): Promise<Showing> {
  const kamailio = await startKamailio("relay");
  try {
    return await showingOf({ port: kamailio.port, cpuMicros: () => cpuMicros(kamailio.pid) });
  } finally {
    kamailio.stop();
  }
}

async function showingOf(relay: Relay): Promise<Showing> {
  return withDevices(relay, async () => {
    const cost = await costOf(relay);
    const { calls: answered, seconds, p99Ms } = await sendMessages(relay, fullRate, fullRate * 10);
    return { cost, rate: answered / seconds, p99Ms };
  });
}

/** Registers a device for every recipient, and runs `use` while they answer. */
async function withDevices<T>(relay: Relay, use: () => Promise<T>): Promise<T> {
  const localPort = await freePort();
  await runLoad({
    scenario: "register",
    port: relay.port,
    localAddress: "127.0.0.1",
    localPort,
    calls: users,
    perSecond: 200,
    users,
  });
  const endDevices = await startDevices(relay.port, localPort);
  try {
    await sendMessages(relay, perSecond / 2, warmUp);
    return await use();
  } finally {
    endDevices();
  }
}

async function costOf(relay: Relay, rate = perSecond): Promise<number> {
  const before = relay.cpuMicros();
  const sent = Math.round((calls * rate) / perSecond);
  const { failed } = await sendMessages(relay, rate, sent);
  if (failed > sent / 100) throw new Error(`${failed} of ${sent} messages failed at ${rate}/s`);
  return (relay.cpuMicros() - before) / sent;
}

async function sendMessages({ port }: Relay, rate: number, count: number) {
  return runLoad({
    scenario: "message",
    port,
    localAddress: generatorAddress,
    localPort: await freePort(),
    calls: count,
    perSecond: rate,
    users,
  });
}
