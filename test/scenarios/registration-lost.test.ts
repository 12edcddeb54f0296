import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import type { Session } from "@heliograph/client";
import type { DialogEnd } from "@heliograph/sip";
import { HeliographServer } from "@heliograph/testkit";
import { answerTo, sipText, token } from "../hostile/sip-text.js";
import { rawConnection } from "../hostile/wire.js";
import { eventually } from "./eventually.js";
import { aorOf } from "./person.js";
import { Talker } from "./talker.js";

let server: HeliographServer;
const people: Talker[] = [];
beforeAll(async () => {
  server = await HeliographServer.start();
}, 60_000);
afterEach(async () => {
  await Promise.all(people.splice(0).map(({ client }) => client.dropOff()));
});
afterAll(() => server?.stop(), 60_000);

/** Ann and Ben, in a session with each other; how it ends for each. */
async function inSession(suffix: string) {
  const arrive = async (name: string): Promise<Talker> => {
    await server.addUser(aorOf(name), name);
    const talker = new Talker(server, name, { transport: "tcp" });
    people.push(talker);
    return talker.register();
  };
  const ann = await arrive(`ann-${suffix}`);
  const ben = await arrive(`ben-${suffix}`);
  const session = await ann.call(`ben-${suffix}`);
  await eventually("both have it", () => ben.sessions.length === 1);
  const ends: DialogEnd[] = [];
  for (const one of [session, ...ben.sessions]) one.onEnded((end) => ends.push(end));
  return { ann, ben, session, ends };
}

/** REGISTER for a user over a connection of its own, which changes only what it says. */
async function register(user: string, contact: string, expires: number): Promise<void> {
  const peer = await rawConnection(server.ports.sip);
  const callId = token();
  const text = (cseq: number, authorization?: string) =>
    sipText({
      method: "REGISTER",
      uri: "sip:127.0.0.1",
      transport: "TCP",
      headers: {
        From: `<${aorOf(user)}>;tag=1`,
        To: `<${aorOf(user)}>`,
        Contact: contact,
        Expires: String(expires),
        "Call-ID": callId,
        CSeq: `${cseq} REGISTER`,
        Authorization: authorization,
      },
    });
  peer.send(text(1));
  const challenge = await peer.answer(callId, "1 REGISTER");
  const credentials = { username: user, password: user, method: "REGISTER", uri: "sip:127.0.0.1" };
  peer.send(text(2, answerTo(challenge.text, credentials)));
  expect(await peer.answer(callId, "2 REGISTER")).toMatchObject({ status: 200 });
  peer.socket.destroy();
}

async function talks(one: Session | undefined): Promise<void> {
  expect(await one?.sendText("still here")).toMatchObject({ kind: "sent" });
}

const gone = { by: "remote", reasons: [expect.stringContaining("SIP;cause=480")] };

describe("PF-11 GEN-17 a user of a session is not registered any more", () => {
  it("a refresh ends nothing, another device neither; Contact: * ends it on both sides", async () => {
    const { ben, session, ends } = await inSession("star");
    await ben.register();
    await register("ben-star", "<sip:ben@ben.invalid;transport=tcp>", 600);
    await register("ben-star", "<sip:ben@ben.invalid;transport=tcp>", 0);
    await talks(session);
    await talks(ben.sessions[0]);
    expect(ends).toEqual([]);
    await register("ben-star", "*", 0);
    await eventually("both know", () => ends.length === 2, 5_000);
    expect(ends).toEqual([gone, gone]);
  }, 30_000);

  it("who is removed by the operator leaves every session", async () => {
    const { session, ends } = await inSession("removed");
    await talks(session);
    const removed = await fetch(
      `${server.adminUrl}/v1/subscribers/${encodeURIComponent(aorOf("ann-removed"))}`,
      { method: "DELETE", headers: { authorization: `Bearer ${server.adminKey}` } },
    );
    expect(removed.ok).toBe(true);
    await eventually("both know", () => ends.length === 2, 5_000);
    expect(ends).toEqual([gone, gone]);
  }, 30_000);
});
