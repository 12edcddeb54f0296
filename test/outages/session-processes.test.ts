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

let server: HeliographServer;
const people: Talker[] = [];
const stopped = new Set<number>();
beforeAll(async () => {
  server = await HeliographServer.start({ form: "distributed" });
  for (const name of ["ann", "ben"]) await server.addUser(aorOf(name), name);
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
    await eventually("both sides know", () => ends.length > 0 && ben.sessions[0]?.isOver === true, 25_000);
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
      await eventually("it rings no more", () => invitations[0]?.isOpen === false, 2_500);
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
