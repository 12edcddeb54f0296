import { setTimeout as wait } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import type { SessionInvitation } from "@heliograph/client";
import type { DialogEnd } from "@heliograph/sip";
import { HeliographServer } from "@heliograph/testkit";
import { processOf } from "../chaos/strikes.js";
import { eventually } from "../scenarios/eventually.js";
import { aorOf } from "../scenarios/person.js";
import { Talker } from "../scenarios/talker.js";
import { leftOver } from "./left-over.js";

/** The place of the store's health server behind the first one's port. */
const storeIndex = 1;

let server: HeliographServer;
const people: Talker[] = [];
const stopped = new Set<number>();
beforeAll(async () => {
  server = await HeliographServer.start({ form: "distributed" });
  for (const name of ["ann", "ben", "cy"]) await server.addUser(aorOf(name), name);
}, 120_000);
afterEach(async () => {
  for (const pid of stopped) process.kill(pid, "SIGCONT");
  stopped.clear();
  await Promise.all(people.splice(0).map(({ client }) => client.close()));
}, 30_000);
afterAll(() => server?.stop(), 60_000);

const arrive = async (name: string): Promise<Talker> => {
  const talker = new Talker(server, name, { transport: "tcp" });
  people.push(talker);
  return talker.register();
};

function strike(name: string, signal: "SIGKILL" | "SIGSTOP"): void {
  const pid = processOf(server, name);
  if (pid === undefined) throw new Error(`${name} does not run`);
  process.kill(pid, signal);
  if (signal === "SIGSTOP") stopped.add(pid);
}

function goOn(): void {
  for (const pid of stopped) process.kill(pid, "SIGCONT");
  stopped.clear();
}

/** A number that the store counts. */
async function countedByStore(series: string): Promise<number> {
  const metrics = await fetch(`http://127.0.0.1:${server.ports.health + storeIndex}/metrics`);
  const line = (await metrics.text())
    .split("\n")
    .find((one) => one.startsWith(`heliograph_deferred_${series} `));
  return Number(line?.split(" ").at(-1));
}

async function leavesNothing(): Promise<void> {
  await eventually("nothing is left", async () => (await leftOver(server)).length === 0, 25_000);
}

describe("GEN-14 PF-11 a relay hangs and stays connected to NATS", () => {
  it("its sessions end on both sides, and when it goes on it keeps none of them", async () => {
    const ann = await arrive("ann");
    const ben = await arrive("ben");
    const session = await ann.call("ben");
    expect(await session.sendText("before")).toMatchObject({ kind: "sent" });
    const ends: DialogEnd[] = [];
    session.onEnded((end) => ends.push(end));
    strike("msrp-relay", "SIGSTOP");
    const sending = session.sendText("meanwhile");
    await eventually(
      "both sides know",
      () => ends.length > 0 && ben.sessions.every(({ isOver }) => isOver),
      25_000,
    );
    expect(ends).toEqual([{ by: "remote", reasons: [expect.stringContaining("SIP;cause=503")] }]);
    expect((await sending).kind).not.toBe("sent");
    goOn();
    await eventually("a session opens", async () => {
      const opened = await ann.client.openSession(aorOf("ben"), { ringMs: 5_000 });
      if (opened.kind !== "established") return false;
      expect(await opened.session.sendText("after")).toMatchObject({ kind: "sent" });
      await opened.session.close();
      return true;
    });
    expect(ben.texts).toEqual(["before", "after"]);
    await leavesNothing();
  }, 90_000);
});

describe("GEN-14 PF-06 the process that rings for a caller is gone", () => {
  it.each(["SIGSTOP", "SIGKILL"] as const)(
    "by %s: the caller hears 503 and the devices CANCEL, within 10 s",
    async (signal) => {
      const ann = await arrive("ann");
      const ben = await arrive("ben");
      const invitations: SessionInvitation[] = [];
      ben.client.onSession((invitation) => void invitations.push(invitation));
      const calling = ann.client.openSession(aorOf("ben"));
      await eventually("it rings", () => invitations.length > 0);
      await wait(300);
      const struckMs = Date.now();
      strike("participating", signal);
      expect(await calling).toMatchObject({ kind: "refused", status: 503 });
      await eventually("it rings no more", () => invitations.every(({ isOpen }) => !isOpen), 2_500);
      expect(Date.now() - struckMs).toBeLessThan(11_000);
      goOn();
      ben.client.onSession(async (invitation) => void (await invitation.accept()));
      await eventually("a session opens", async () => {
        const opened = await ann.client.openSession(aorOf("ben"), { ringMs: 5_000 });
        if (opened.kind !== "established") return false;
        await opened.session.close();
        return true;
      });
      await leavesNothing();
    },
    60_000,
  );
});

describe("DF-31 PF-11 the relay of a session with the store is killed", () => {
  it("in a retrieval: it ends, and what was not acknowledged is given the next time, and only that", async () => {
    const ann = await arrive("ann");
    for (const text of ["one", "two"]) await ann.send("cy", text, 202);
    const cy = new Talker(server, "cy", { transport: "tcp" });
    people.push(cy);
    await cy.client.open();
    const asked: string[] = [];
    cy.onTake = async ({ text }) => {
      asked.push(text);
      if (text !== "two") return;
      strike("msrp-relay", "SIGKILL");
      throw new Error("nobody would hear the answer");
    };
    expect(await cy.client.retrieve()).not.toMatchObject({ kind: "retrieved", messages: 2 });
    expect(asked).toEqual(["one", "two"]);
    cy.onTake = () => Promise.resolve();
    await eventually("the rest is fetched", async () => (await cy.client.retrieve()).kind === "retrieved");
    expect(cy.texts).toEqual(["one", "two"]);
    expect(await cy.client.retrieve()).toMatchObject({ kind: "refused", status: 480 });
    await leavesNothing();
  }, 60_000);

  it("in an upload: its sender hears of no success, and nobody gets a piece of it", async () => {
    const ann = await arrive("ann");
    const sending = ann.client.sendText(aorOf("cy"), "much ".repeat(1_900_000));
    const octets = 'msrp_bytes_total{direction="in"}';
    const before = await countedByStore(octets);
    await eventually("it is under way", async () => (await countedByStore(octets)) > before + 100_000);
    strike("msrp-relay", "SIGKILL");
    const sent = await sending;
    await eventually("the store has let go of it", async () => {
      return (await countedByStore('uploads_total{outcome="abandoned"}')) === 1;
    });
    const again = "more ".repeat(20_000);
    await eventually("the store can be reached", async () => {
      return (await ann.client.sendText(aorOf("cy"), again)).kind === "accepted";
    });
    const cy = await arrive("cy");
    await eventually("what was accepted is there", () => cy.texts.includes(again));
    expect(cy.texts.length).toBe(sent.kind === "accepted" ? 2 : 1);
    await leavesNothing();
  }, 60_000);
});
