import { freePort } from "@heliograph/testkit";
import { type Figure, toFigure } from "./figure.js";
import { generatorAddress, runLoad, startDevices } from "./load.js";
import { startServer, users } from "./server-at-work.js";

const perSecond = 100;
const warmUp = 500;
const count = 1_000;

/** How long a session takes from INVITE to 200, its descriptions rewritten and its media anchored, and what it costs. */
export async function benchSessionSetup(): Promise<Figure[]> {
  const server = await startServer("embedded");
  const localPort = await freePort();
  const load = async (scenario: "register" | "invite", calls: number) =>
    runLoad({
      scenario,
      port: server.port,
      localAddress: scenario === "register" ? "127.0.0.1" : generatorAddress,
      localPort: scenario === "register" ? localPort : await freePort(),
      calls,
      perSecond,
      users,
    });
  await load("register", users);
  const endDevices = await startDevices(server.port, localPort, "callee");
  try {
    await load("invite", warmUp);
    const before = server.cpuMicros();
    const { calls, failed, p99Ms } = await load("invite", count);
    if (failed > 0) throw new Error(`${failed} of ${count} sessions failed`);
    return [
      toFigure({
        id: "session-setup",
        value: p99Ms,
        unit: `ms, p99 at ${count} in ${count / perSecond} s`,
        target: { of: "value", is: "<=", bound: 300 },
      }),
      toFigure({
        id: "session-cost",
        value: (server.cpuMicros() - before) / calls,
        unit: "µs CPU a session, set up and ended",
      }),
    ];
  } finally {
    endDevices();
    await server.stop();
  }
}
