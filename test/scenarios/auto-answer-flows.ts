import { setTimeout as wait } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import type { Session, SessionInvitation } from "@heliograph/client";
import type { DialogEnd } from "@heliograph/sip";
import { HeliographServer } from "@heliograph/testkit";
import { distributedStrikes } from "../chaos/strikes.js";
import { eventually } from "./eventually.js";
import { aorOf, Person } from "./person.js";

/** SIP goes over these, and media over what belongs to them. */
const transports = ["tcp", "tls", "wss"] as const;
type Transport = (typeof transports)[number];

/** Long enough that whoever does not wait for it is seen not to. */
const thinksMs = 1_500;

/** Sessions for a user who has them answered at once, from outside, in one form of the service. */
export function describeAutoAnswerFlows(form: "embedded" | "distributed"): void {
  let server: HeliographServer;
  const people: Person[] = [];
  beforeAll(async () => {
    server = await HeliographServer.start({ form, env: { SESSION_OFFLINE: "store" } });
    await server.addUser(aorOf("ann"), "ann");
    await server.addUser(aorOf("ben"), "ben");
    await server.changeUser(aorOf("ben"), { autoAcceptsSessions: true });
  }, 120_000);
  afterEach(async () => {
    await Promise.all(people.splice(0).map(({ client }) => client.close()));
  }, 30_000);
  afterAll(() => server.stop(), 60_000);

  const arrive = async (name: string, transport: Transport): Promise<Person> => {
    const person = new Person(server, name, { transport });
    people.push(person);
    return person.register();
  };

  /** Ben decides about an invitation after a while; when he did, and his session. */
  const deciding = (ben: Person, decide: (invitation: SessionInvitation) => Promise<Session | undefined>) => {
    const decided: { atMs: number; session: Session | undefined; wasOpen: boolean }[] = [];
    ben.client.onSession(async (invitation) => {
      await wait(thinksMs);
      const wasOpen = invitation.isOpen;
      const atMs = Date.now();
      decided.push({ atMs, wasOpen, session: await decide(invitation) });
    });
    return decided;
  };

  /** Ann opens a session with Ben, who is not waited for. */
  const call = async (ann: Person): Promise<Session> => {
    const beganMs = Date.now();
    const opened = await ann.client.openSession(aorOf("ben"));
    if (opened.kind !== "established") throw new Error(`no session: ${JSON.stringify(opened)}`);
    expect(Date.now() - beganMs).toBeLessThan(thinksMs);
    return opened.session;
  };

  describe.each([
    ["tcp", "tcp"],
    ["tls", "wss"],
    ["wss", "tls"],
  ] as const)(`PF-07 sessions that are answered at once, ${form}, %s with %s`, (ours, theirs) => {
    it("what is sent at once arrives, and is answered when the device has it and not before", async () => {
      const ann = await arrive("ann", ours);
      const ben = await arrive("ben", theirs);
      const decided = deciding(ben, (invitation) => invitation.accept());
      const session = await call(ann);
      const long = "much ".repeat(60_000);
      const answeredMs: number[] = [];
      const sending = ["at once", long].map(async (text) => {
        const sent = await session.sendText(text);
        answeredMs.push(Date.now());
        return sent.kind;
      });
      await eventually("ben has answered", () => decided[0]?.session !== undefined);
      expect(await Promise.all(sending)).toEqual(["sent", "sent"]);
      expect(ben.texts).toEqual(["at once", long]);
      expect(Math.min(...answeredMs)).toBeGreaterThanOrEqual(decided[0]?.atMs ?? Infinity);
      expect(await decided[0]?.session?.sendText("here I am")).toMatchObject({ kind: "sent" });
      expect(await session.sendText("so I see")).toMatchObject({ kind: "sent" });
      expect(ann.texts).toEqual(["here I am"]);
      await session.close();
      await eventually("it is over for ben, too", () => decided[0]?.session?.isOver === true);
    }, 60_000);

    it("GEN-17 who is declined hears BYE with the reason, and 200 for nothing", async () => {
      const ann = await arrive("ann", ours);
      const ben = await arrive("ben", theirs);
      deciding(ben, async (invitation) => {
        invitation.decline(603);
        return undefined;
      });
      const session = await call(ann);
      const ends: DialogEnd[] = [];
      session.onEnded((end) => ends.push(end));
      const sent = await session.sendText("never mind");
      await eventually("it is over for ann", () => ends.length > 0);
      expect(sent.kind).not.toBe("sent");
      expect(ends).toEqual([{ by: "remote", reasons: [expect.stringContaining("SIP;cause=603")] }]);
      expect(ben.texts).toEqual([]);
    }, 60_000);

    it("DF-03 DF-05 what is sent to who cannot be reached now is the store's, which answers when it has it", async () => {
      const ann = await arrive("ann", ours);
      const ben = await arrive("ben", theirs);
      const decided = deciding(ben, async (invitation) => {
        invitation.decline(480);
        return undefined;
      });
      const session = await call(ann);
      const sent = await session.sendText("for later");
      expect([sent.kind, decided.length]).toEqual(["sent", 1]);
      await session.close();
      expect(ben.texts).toEqual([]);
      await ben.register();
      await eventually("ben has it", () => ben.texts.includes("for later"));
    }, 60_000);

    it("GEN-40 who leaves before the device answers has it ring no more", async () => {
      const ann = await arrive("ann", ours);
      const ben = await arrive("ben", theirs);
      const decided = deciding(ben, (invitation) => invitation.accept());
      const session = await call(ann);
      await wait(300);
      await session.close();
      await eventually("ben has looked", () => decided.length > 0);
      expect(decided).toMatchObject([{ wasOpen: false, session: undefined }]);
    }, 60_000);
  });

  if (form === "embedded") return;
  it.each(["participating", "msrp-relay"])(
    "PF-07 PF-11 a %s that is killed before the device answers: the caller hears BYE, and 200 for nothing",
    async (victim) => {
      const ann = await arrive("ann", "tcp");
      const ben = await arrive("ben", "tcp");
      ben.client.onSession(() => new Promise<void>(() => undefined));
      const session = await call(ann);
      const ends: DialogEnd[] = [];
      session.onEnded((end) => ends.push(end));
      const sending = session.sendText("never mind");
      await wait(500);
      for (const strike of distributedStrikes(server, [victim])) expect(await strike()).toBe(victim);
      await eventually("it is over for ann", () => ends.length > 0, 15_000);
      expect(ends).toEqual([{ by: "remote", reasons: [expect.stringContaining("SIP;cause=503")] }]);
      expect((await sending).kind).not.toBe("sent");
    },
    60_000,
  );
}
