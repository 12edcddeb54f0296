import { describe, expect, it } from "@jest/globals";
import { answerOffer, offerMessage, takeOwnersAnswer } from "../src/domain/store-description.js";

const end = {
  uri: "msrp://127.0.0.1:2855/store;tcp",
  sessionId: "1",
  setup: "passive",
  relay: undefined,
} as const;

/** An offer; each test says what differs. */
function offer({
  setup = "actpass",
  direction = "sendonly",
  types = "message/cpim",
  more = "",
} = {}): Buffer {
  return Buffer.from(
    [
      "v=0",
      "o=- 1 1 IN IP4 127.0.0.1",
      "s=-",
      "c=IN IP4 127.0.0.1",
      "t=0 0",
      "m=message 7000 TCP/MSRP *",
      `a=accept-types:${types}`,
      "a=path:msrp://127.0.0.1:7000/relay;tcp",
      `a=setup:${setup}`,
      `a=${direction}`,
      ...(more === "" ? [] : [more]),
      "",
    ].join("\r\n"),
  );
}

const receive = (given: Buffer, maxBytes = 1000) =>
  answerOffer(given, end, { direction: "recvonly", maxBytes });
const give = (given: Buffer) => answerOffer(given, end, { direction: "sendonly", maxBytes: 0 });
const linesOf = (octets: Uint8Array) => Buffer.from(octets).toString().split("\r\n");

describe("DF-05 the answer for a recipient who is away", () => {
  it("says recvonly and passive, our path, every type and the most that is taken", () => {
    const answered = receive(offer());
    if (answered.kind !== "answered") throw new Error(answered.reason);
    expect(linesOf(answered.answer)).toEqual(
      expect.arrayContaining([
        "m=message 2855 TCP/MSRP *",
        "a=path:msrp://127.0.0.1:2855/store;tcp",
        "a=setup:passive",
        "a=recvonly",
        "a=accept-types:*",
        "a=max-size:1000",
      ]),
    );
    expect(answered.agreed).toMatchObject({
      role: "passive",
      direction: "recvonly",
      peerPath: ["msrp://127.0.0.1:7000/relay;tcp"],
      maxMessageBytes: 1000,
    });
  });

  it("says active to a relay that would do either, and connects to it by the address that we know it by", () => {
    const relay = { host: "relay.internal", port: 4000 };
    const active = { ...end, setup: "active", relay } as const;
    const answered = answerOffer(offer(), active, { direction: "recvonly", maxBytes: 1 });
    if (answered.kind !== "answered") throw new Error(answered.reason);
    expect(linesOf(answered.answer)).toContain("a=setup:active");
    expect(answered.agreed).toMatchObject({
      role: "active",
      connectTo: { host: "relay.internal", port: 4000, transport: "tcp", isSecure: false },
    });
    const waiting = answerOffer(offer({ setup: "active" }), active, { direction: "recvonly", maxBytes: 1 });
    expect(waiting).toMatchObject({ kind: "answered", agreed: { role: "passive" } });
  });

  it("takes a session of both directions, and knows the size that is announced", () => {
    const file = 'a=file-selector:name:"a.png" type:image/png size:900';
    const answered = receive(offer({ direction: "sendrecv", setup: "active", more: file }));
    expect(answered).toMatchObject({ kind: "answered", announcedBytes: 900 });
  });

  it.each([
    [
      "a file that is announced larger than what is taken",
      { more: "a=file-selector:size:1001" },
      "too-large",
    ],
    ["an end that waits as we do", { setup: "passive" }, "not-acceptable"],
    ["an end that only receives", { direction: "recvonly" }, "not-acceptable"],
  ])("refuses %s", (_, changes, reason) => {
    expect(receive(offer(changes))).toEqual({ kind: "refused", reason });
  });

  it("refuses what is no description, and one without MSRP", () => {
    const audio = Buffer.from("v=0\r\no=- 1 1 IN IP4 1.1.1.1\r\ns=-\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n");
    expect(receive(Buffer.from("nonsense"))).toEqual({ kind: "refused", reason: "not-acceptable" });
    expect(receive(audio)).toEqual({ kind: "refused", reason: "not-acceptable" });
  });
});

describe("DF-30 the answer to an owner who comes for the messages", () => {
  it("says sendonly and passive, also to an end that would do both", () => {
    for (const direction of ["recvonly", "sendrecv"]) {
      const answered = give(offer({ direction }));
      if (answered.kind !== "answered") throw new Error(answered.reason);
      expect(linesOf(answered.answer)).toEqual(expect.arrayContaining(["a=sendonly", "a=setup:passive"]));
    }
  });

  it("knows what the device takes, and refuses one that takes no message/cpim", () => {
    const answered = give(offer({ direction: "recvonly", types: "*", more: "a=max-size:500" }));
    expect(answered).toMatchObject({ agreed: { peerAcceptTypes: ["*"], peerMaxBytes: 500 } });
    expect(give(offer({ direction: "recvonly", types: "text/plain" }))).toEqual({
      kind: "refused",
      reason: "not-acceptable",
    });
  });
});

describe("DF-34 RFC 6135 §4.2.2 the offer of a push", () => {
  it("says sendonly and actpass, and announces the size", () => {
    expect(linesOf(offerMessage(end, 4711))).toEqual(
      expect.arrayContaining(["a=sendonly", "a=setup:actpass", "a=file-selector:size:4711"]),
    );
  });

  it.each([
    ["active", "passive"],
    ["passive", "active"],
  ])("a device that is %s makes us %s", (setup, role) => {
    const answer = offer({ setup, direction: "recvonly", more: "a=file-selector:size:4711" });
    const agreed = takeOwnersAnswer(end, offerMessage(end, 4711), answer);
    expect(agreed).toMatchObject({ role, direction: "sendonly" });
  });

  it("is not taken by a device that refuses the section, sends only itself, or answers nonsense", () => {
    const ours = offerMessage(end, 4711);
    const refused = Buffer.from(offer().toString().replace("message 7000", "message 0"));
    expect(takeOwnersAnswer(end, ours, refused)).toBeUndefined();
    expect(takeOwnersAnswer(end, ours, offer({ setup: "passive", direction: "sendonly" }))).toBeUndefined();
    expect(takeOwnersAnswer(end, ours, Buffer.from("nonsense"))).toBeUndefined();
  });
});
