import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { HeliographServer } from "@heliograph/testkit";
import { endure, mustHaveKeptItsWord, outageMs, recoveryMs, within } from "./outage.js";
import { SteadyLoad } from "./steady-load.js";

let server: HeliographServer;
beforeAll(async () => {
  server = await HeliographServer.start();
}, 60_000);
afterAll(() => server?.stop(), 60_000);

const isReady = (): Promise<boolean> =>
  fetch(`http://127.0.0.1:${server.ports.health}/readyz`).then(
    ({ ok }) => ok,
    () => false,
  );

/** The server process of the embedded Postgres now. */
function postmaster(): number | undefined {
  const folder = join(server.dataDir, "postgres");
  const elsewhere = join(folder, "location");
  const home = existsSync(elsewhere) ? readFileSync(elsewhere, "utf8").trim() : folder;
  const file = join(home, "cluster", "postmaster.pid");
  return existsSync(file) ? Number(readFileSync(file, "utf8").split("\n", 1)[0]) || undefined : undefined;
}

function killPostmaster(): boolean {
  const pid = postmaster();
  if (pid === undefined) return false;
  try {
    return process.kill(pid, "SIGKILL");
  } catch {
    return false;
  }
}

/** Kills the server, and each that is started in its place, until it is told to stop. */
function keepDown(): () => void {
  const timer = setInterval(killPostmaster, 25);
  return () => clearInterval(timer);
}

describe("GEN-14 DF-01 the embedded Postgres is killed", () => {
  it("once, under load: it is started again, and every promise is kept", async () => {
    const load = await SteadyLoad.start(server, "once");
    const before = postmaster();
    expect(killPostmaster()).toBe(true);
    await within(recoveryMs, "another one runs", () => postmaster() !== undefined && postmaster() !== before);
    await within(recoveryMs, "the service is ready", isReady);
    await load.comeBack();
    expect(await load.probe()).toMatchObject({ kind: "accepted", status: 200 });
    await mustHaveKeptItsWord(load);
    await load.leave();
  }, 60_000);

  it(
    `again and again for ${outageMs / 1_000} s: who is online gets messages, for who is away there is a 5xx, and it recovers by itself`,
    async () => {
      const load = await SteadyLoad.start(server, "long");
      let stopKilling = () => {};
      const begin = () => Promise.resolve(void (stopKilling = keepDown()));
      const end = () => Promise.resolve(stopKilling());
      const meanwhile = await endure(load, { begin, end }, isReady);
      await within(recoveryMs, "the service is ready", isReady);
      await load.comeBack();
      expect(await load.probe()).toMatchObject({ kind: "accepted", status: 200 });
      await mustHaveKeptItsWord(load);
      const [away, online] = [true, false].map((isAway) =>
        meanwhile.sendings.filter(({ to }) => (to === load.awayUser) === isAway),
      );
      expect(away?.length).toBeGreaterThan(0);
      expect(online?.length).toBeGreaterThan(0);
      expect(online?.filter(({ sent }) => sent.kind !== "accepted" || sent.status !== 200)).toEqual([]);
      expect(away?.filter(({ sent }) => sent.kind === "accepted")).toEqual([]);
      await load.leave();
    },
    outageMs + 90_000,
  );
});
