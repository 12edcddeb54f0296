import { describe, expect, it } from "@jest/globals";
import { bob, settle } from "./given.js";
import { everyService, givenSessions, invitation, sdp, type SessionSituation } from "./given-sessions.js";

const unavailable = 'SIP;cause=503;text="Service Unavailable"';

/** Alice waits at e1, and Bob's device `b1` rings. */
async function ringing(situation: SessionSituation = {}, from = invitation) {
  const world = await givenSessions({ rings: { b1: "rings" }, ...situation });
  const answering = world.originate(from);
  await settle();
  const wait = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 500) {
      world.clock.advance(500);
      await settle();
    }
  };
  return { ...world, answering, wait };
}

describe("GEN-14 PF-06 a process says which legs it works on", () => {
  it("those of the caller and of the devices, and the place of the media, until there is an answer", async () => {
    const { renewed, anchorsRenewed, invites, wait, answerNow, answering } = await ringing();
    await wait(7_500);
    const legs = ["leg-alice", invites[0]?.leg];
    expect(renewed.map((one) => one.legs)).toEqual([legs, legs, legs]);
    expect(anchorsRenewed).toEqual(["s-v1-1", "s-v1-1", "s-v1-1"]);
    answerNow("b1", "accepts");
    expect(await answering).toMatchObject({ kind: "accepted" });
    await wait(7_500);
    expect(renewed).toHaveLength(3);
  });

  it("PF-07 that of a caller who has an answer is none", async () => {
    const auto = { services: everyService, autoAcceptsSessions: true };
    const { renewed, invites, wait } = await ringing({
      profiles: { [bob]: auto },
      calleeSays: sdp(["a=early"]),
    });
    await wait(2_500);
    expect(renewed).toMatchObject([{ legs: [invites[0]?.leg] }]);
  });

  it.each([
    ["its leg is not there any more", { gone: ["leg-alice"] }, "e1", 2_500],
    ["nobody answers for its node", {}, "e9", 5_000],
  ])("GEN-40 nobody waits any more, for %s: the devices hear CANCEL", async (_, situation, node, afterMs) => {
    const caller = { ...invitation.caller, node };
    const { cancels, invites, wait, answering, closedSessions } = await ringing(situation, {
      ...invitation,
      caller,
    });
    await wait(afterMs - 500);
    expect(cancels).toEqual([]);
    await wait(500);
    expect(cancels).toEqual([{ leg: invites[0]?.leg, reason: unavailable }]);
    expect(await answering).toMatchObject({ kind: "refused", status: 487 });
    expect(closedSessions).toEqual(["s-v1-1"]);
  });
});
