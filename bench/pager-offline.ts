import { freePort } from "@heliograph/testkit";
import { type Figure, toFigure } from "./figure.js";
import { generatorAddress, runLoad } from "./load.js";
import { cpuMicros } from "./process-usage.js";
import { createMsiloTables, hasKamailio, startKamailio } from "./run-kamailio.js";
import {
  postgresMicros,
  type ServerAtWork,
  startDurablePostgres,
  startServer,
  users,
} from "./server-at-work.js";

const perSecond = 2_000;
const calls = 10_000;
/** As many as it takes until what is compiled on the way is compiled; the same for both sides. */
const warmUp = 8_000;

/** What a message to somebody who is offline costs until it is durable, beside Kamailio with msilo and Postgres. */
export async function benchPagerOffline(): Promise<Figure> {
  const peer = hasKamailio() ? await costOfKamailio() : undefined;
  const server = await startServer("embedded");
  try {
    return toFigure({
      id: "pager-offline",
      value: await costOf(server.port, () => server.cpuMicros()),
      unit: "µs CPU a message, Postgres included",
      ...(peer !== undefined && { peer, target: { of: "ratio", is: "<=", bound: 1 } }),
    });
  } finally {
    await server.stop();
  }
}

/** The same in the distributed form: all services, NATS, Redis and Postgres together. */
export async function benchPagerOfflineDistributed(server: ServerAtWork): Promise<Figure> {
  const value = await costOf(server.port, () => server.cpuMicros(), 1_000);
  return toFigure({ id: "pager-offline-distributed", value, unit: "µs CPU a message, all processes" });
}

async function costOfKamailio(): Promise<number> {
  const { postgres, remove } = await startDurablePostgres();
  await createMsiloTables(postgres.url);
  const kamailio = await startKamailio("store", postgres.url);
  try {
    return await costOf(kamailio.port, () => cpuMicros(kamailio.pid) + postgresMicros(postgres));
  } finally {
    kamailio.stop();
    await remove();
  }
}

async function costOf(port: number, cpu: () => number, rate = perSecond): Promise<number> {
  const load = async (count: number, rate: number) =>
    runLoad({
      scenario: "message",
      port,
      localAddress: generatorAddress,
      localPort: await freePort(),
      calls: count,
      perSecond: rate,
      users,
      recipients: "c",
    });
  await load((warmUp * rate) / perSecond, rate / 2);
  const before = cpu();
  const sent = Math.round((calls * rate) / perSecond);
  const { failed } = await load(sent, rate);
  if (failed > sent / 100) throw new Error(`${failed} of ${sent} offline messages failed at ${rate}/s`);
  return (cpu() - before) / sent;
}
