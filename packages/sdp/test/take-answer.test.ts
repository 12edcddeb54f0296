import { describe, expect, it } from "@jest/globals";
import { type Direction, heldDirection, resumedDirection, roleOfOfferer, takeAnswer } from "../src/index.js";
import { chat, described, offering, sessionLevel } from "./given.js";

const take = (offer: ReturnType<typeof offering>, answer: ReturnType<typeof offering>) =>
  takeAnswer(offer, answer, { usesRelay: false });
const refused = described(...sessionLevel, "m=message 0 TCP/MSRP *");

describe("RFC 3264 §7 Offerer Processing of the Answer", () => {
  it("opens what was accepted and drops what has port 0", () => {
    expect(take(offering("a=setup:actpass"), offering("a=setup:passive"))).toMatchObject({
      kind: "taken",
      media: [
        { kind: "open", role: "active", direction: "sendrecv", connectTo: { host: "alice.example.com" } },
      ],
    });
    expect(take(offering(), refused)).toEqual({ kind: "taken", media: [{ kind: "refused" }] });
    expect(take(refused, refused)).toEqual({ kind: "taken", media: [{ kind: "refused" }] });
  });

  it("waits when the answer is active", () => {
    const outcome = take(offering("a=setup:actpass"), offering("a=setup:active"));
    expect(outcome).toMatchObject({ media: [{ role: "passive" }] });
    expect(outcome).not.toHaveProperty("media[0].connectTo");
  });

  it.each([
    [described(...sessionLevel, ...chat(), ...chat()), "another number of media sections"],
    [described(...sessionLevel, "m=audio 0 RTP/AVP 0"), "another media type"],
    [described(...sessionLevel, "m=message 0 TCP/TLS/MSRP *"), "another transport"],
    [offering("a=setup:active"), "both sides have the same setup role"],
  ])("calls an answer illegal %#", (answer, reason) => {
    expect(take(offering("a=setup:active"), answer)).toMatchObject({ kind: "illegal", reason });
  });

  it("calls an answer illegal that opens what was removed", () => {
    expect(take(refused, offering())).toMatchObject({
      kind: "illegal",
      reason: "a section that was not offered",
    });
  });

  it("refuses what is no message session", () => {
    const audio = described(...sessionLevel, "m=audio 49170 RTP/AVP 0");
    expect(take(audio, audio)).toEqual({ kind: "taken", media: [{ kind: "refused" }] });
  });

  it.each<[Direction, Direction | undefined, Direction]>([
    ["sendrecv", "recvonly", "sendonly"],
    ["sendonly", "recvonly", "sendonly"],
    ["sendonly", undefined, "sendonly"],
    ["recvonly", "sendonly", "recvonly"],
    ["recvonly", "recvonly", "inactive"],
    ["sendrecv", "inactive", "inactive"],
  ])("having offered %s and heard %s does %s", (offered, said, direction) => {
    const answer = said === undefined ? offering() : offering(`a=${said}`);
    expect(take(offering(`a=${offered}`), answer)).toMatchObject({ media: [{ direction }] });
  });
});

describe("RFC 4145 §4.1 The Setup Attribute in the Offer/Answer Model", () => {
  it("connects after an answer that says nothing", () => {
    for (const offered of Object.values(roleOfOfferer)) expect(offered.unsaid).toBe("active");
  });
});

describe("RFC 3264 §8.4 Putting a Unicast Media Stream on Hold", () => {
  it.each<[Direction, Direction]>([
    ["sendrecv", "sendonly"],
    ["recvonly", "inactive"],
  ])("holds %s by %s, and resumes it", (from, to) => {
    expect(heldDirection[from]).toBe(to);
    expect(heldDirection[to]).toBe(to);
    expect(resumedDirection[to]).toBe(from);
    expect(resumedDirection[from]).toBe(from);
  });
});
