import { describe, expect, it } from "@jest/globals";
import {
  type AnswerCapabilities,
  answeredSetup,
  composeAnswer,
  composeRefusal,
  decideAnswer,
  type Direction,
  offeredSetup,
  parseMsrpDescription,
} from "../src/index.js";
import {
  answered,
  bob,
  capabilities,
  chat,
  described,
  offering,
  origin,
  sdp,
  sessionLevel,
  sessionOf,
  text,
} from "./given.js";

const accepted = (offer = offering(), more: Partial<AnswerCapabilities> = {}, index = 0) => {
  const media = answered(decideAnswer(offer, { ...capabilities, ...more }))[index];
  if (media?.kind !== "accepted") throw new Error(media?.reason);
  return media;
};

describe("RFC 3264 §6 Generating the Answer", () => {
  it("answers figure 9 of RFC 4975 §8.7 as figure 10 does, with the attributes of RFC 6135 in it", () => {
    const decision = decideAnswer(offering(), capabilities);
    if (decision.kind === "refused") throw new Error(decision.reason);
    expect(text(composeAnswer(origin, decision, () => bob))).toBe(
      sdp(
        "v=0",
        "o=userb 2890844530 1 IN IP4 bob.example.com",
        "s=-",
        "c=IN IP4 bob.example.com",
        "t=0 0",
        "m=message 8493 TCP/MSRP *",
        "c=IN IP4 bob.example.com",
        "a=setup:passive",
        "a=sendrecv",
        "a=accept-types:message/cpim text/plain",
        "a=path:msrp://bob.example.com:8493/si438dsaodes;tcp",
      ),
    );
  });

  it("MUST have a section for each of the offer's, port 0 for the ones that are refused", () => {
    const offer = described(
      ...sessionLevel,
      "m=audio 49170 RTP/AVP 0 96",
      ...chat(),
      "m=message 0 TCP/MSRP *",
      ...chat(),
    );
    const decision = decideAnswer(offer, capabilities);
    if (decision.kind === "refused") throw new Error(decision.reason);
    expect(decision.media.map((media) => (media.kind === "refused" ? media.reason : "accepted"))).toEqual([
      "not a message session",
      "accepted",
      "removed by the offerer",
      "too many sessions",
    ]);
    const lines = text(composeAnswer(origin, decision, () => bob)).split("\r\n");
    expect(lines.filter((line) => line.startsWith("m="))).toEqual([
      "m=audio 0 RTP/AVP 0 96",
      "m=message 8493 TCP/MSRP *",
      "m=message 0 TCP/MSRP *",
      "m=message 0 TCP/MSRP *",
    ]);
    expect(text(composeRefusal(origin, offer)).match(/^m=\w+ 0 /gm)).toHaveLength(4);
  });

  it("answers an offer that removes everything, and one of nothing", () => {
    const removed = described(...sessionLevel, "m=message 0 TCP/MSRP *");
    expect(decideAnswer(removed, capabilities).kind).toBe("answer");
    expect(decideAnswer(described(...sessionLevel), capabilities)).toEqual({ kind: "answer", media: [] });
  });

  it("throws when a value of ours would write a line of its own", () => {
    const decision = decideAnswer(offering(), capabilities);
    if (decision.kind === "refused") throw new Error(decision.reason);
    expect(() => composeAnswer(origin, decision, () => ({ ...bob, label: "x\r\na=evil" }))).toThrow(
      "end of line",
    );
  });

  it("reads back what it wrote", () => {
    const decision = decideAnswer(offering("a=setup:passive", "a=msrp-cema"), {
      ...capabilities,
      cema: { wantsCema: true, usesRelay: false },
    });
    if (decision.kind === "refused") throw new Error(decision.reason);
    const fingerprints = [{ hash: "md5", digest: Array.from({ length: 16 }, () => "0A").join(":") }];
    const local = { ...bob, host: "2001:db8::1", acceptWrappedTypes: ["*"], maxSize: 5, fingerprints };
    const answer = composeAnswer(origin, decision, () => ({ ...local, chatroom: ["nickname"], label: "7" }));
    const read = parseMsrpDescription(answer);
    expect(read.ok && sessionOf(read.value)).toMatchObject({
      line: { port: 9 },
      host: "2001:db8::1",
      setup: "active",
      hasCema: true,
      acceptWrappedTypes: ["*"],
      maxSize: 5,
      fingerprints,
      chatroom: new Set(["nickname"]),
      label: "7",
    });
  });
});

describe("RFC 3264 §6.1 Unicast Streams: direction", () => {
  it.each<[string | undefined, Direction, Direction]>([
    [undefined, "sendrecv", "sendrecv"],
    [undefined, "recvonly", "recvonly"],
    ["sendonly", "sendrecv", "recvonly"],
    ["sendonly", "sendonly", "inactive"],
    ["recvonly", "sendrecv", "sendonly"],
    ["recvonly", "recvonly", "inactive"],
    ["inactive", "sendrecv", "inactive"],
    ["sendrecv", "inactive", "inactive"],
  ])("answers %s, being willing to %s, with %s", (offered, direction, answer) => {
    const offer = offered === undefined ? offering() : offering(`a=${offered}`);
    expect(accepted(offer, { direction }).direction).toBe(answer);
  });

  it("takes the session's direction for a section without one", () => {
    const offer = described(...sessionLevel, "a=sendonly", ...chat(), ...chat("a=recvonly"));
    expect([sessionOf(offer).direction, sessionOf(offer, 1).direction]).toEqual(["sendonly", "recvonly"]);
  });
});

describe("MS-14 RFC 6135 §4.2.2 a=setup", () => {
  it.each([
    ["active", "either", "passive"],
    ["active", "listen", "passive"],
    ["actpass", "either", "passive"],
    ["actpass", "listen", "passive"],
    ["actpass", "connect", "active"],
    ["passive", "either", "active"],
    ["passive", "connect", "active"],
    [undefined, "either", "passive"],
    ["holdconn", "listen", "passive"],
  ] as const)("answers %s, being able to %s, with %s", (setup, connect, role) => {
    const offer = setup === undefined ? offering() : offering(`a=setup:${setup}`);
    expect(accepted(offer, { connect }).role).toBe(role);
  });

  it.each([
    ["active", "connect"],
    ["unsaid", "connect"],
    ["passive", "listen"],
  ] as const)("refuses %s when all we can do is to %s", (offered, connect) => {
    expect(answeredSetup[offered][connect]).toBe("refused");
    const offer = offered === "unsaid" ? offering() : offering(`a=setup:${offered}`);
    expect(decideAnswer(offer, { ...capabilities, connect })).toMatchObject({ kind: "refused", status: 488 });
  });

  it("MUST NOT offer passive", () => {
    expect(Object.values(offeredSetup)).toEqual(["active", "actpass", "actpass"]);
  });

  it("connects to the leftmost URI of the peer's path", () => {
    const offer = described(
      ...sessionLevel,
      "m=message 7394 TCP/TLS/MSRP *",
      "a=accept-types:*",
      "a=path:msrps://relay.example.com:9000/r;tcp msrps://alice.example.com:7394/s;tcp",
      "a=setup:passive",
    );
    expect(accepted(offer).connectTo).toEqual({
      host: "relay.example.com",
      port: 9000,
      isSecure: true,
      transport: "tcp",
    });
    expect(accepted().connectTo).toBeUndefined();
  });

  it("reads a=setup of the session level, and ignores a=connection", () => {
    const offer = described(...sessionLevel, "a=setup:active", ...chat("a=connection:new"));
    expect(sessionOf(offer).setup).toBe("active");
  });
});

describe("MS-51 RFC 4975 §8.6 what cannot be used", () => {
  const tls = [
    "m=message 7395 TCP/TLS/MSRP *",
    "a=accept-types:*",
    "a=path:msrps://alice.example.com:7395/t;tcp",
  ];

  it.each([
    [{ acceptTypes: ["image/png"] }, 305, "None of the offered message types is supported"],
    [{ transports: ["TCP/TLS/MSRP"] }, 302, "MSRP transport not available"],
    [{ maxChats: 0 }, 304, "No further message session available"],
  ] as const)("refuses with 488 and a Warning: %j", (more, warning, reason) => {
    expect(decideAnswer(offering(), { ...capabilities, ...more })).toEqual({
      kind: "refused",
      status: 488,
      warning,
      reason,
    });
  });

  it("refuses with 488 what has no MSRP in it", () => {
    const offer = described(...sessionLevel, "m=audio 49170 RTP/AVP 0");
    expect(decideAnswer(offer, capabilities)).toMatchObject({ status: 488, warning: 304 });
  });

  it("takes the better transport of two sections for the same purpose", () => {
    const offer = described(...sessionLevel, ...chat(), ...tls);
    expect(answered(decideAnswer(offer, capabilities)).map(({ kind }) => kind)).toEqual([
      "refused",
      "accepted",
    ]);
    const transports = ["TCP/MSRP"] as const;
    expect(accepted(offer, { transports }).offer.line.protocol).toBe("TCP/MSRP");
  });
});

describe("RFC 7701 §5.2 and §8 chat rooms", () => {
  it("refuses an offer without message/cpim", () => {
    const room = { ...capabilities, acceptTypes: ["message/cpim"], requiredType: "message/cpim" };
    const plain = described(...sessionLevel, ...chat().map((line) => line.replace("message/cpim ", "")));
    expect(decideAnswer(plain, room)).toMatchObject({ kind: "refused", status: 488, warning: 305 });
    expect(decideAnswer(offering(), room).kind).toBe("answer");
  });

  it("reads the attribute bare, with tokens, and with the prose's nicknames", () => {
    expect(sessionOf(offering()).chatroom).toBeUndefined();
    expect(sessionOf(offering("a=chatroom")).chatroom).toEqual(new Set());
    const tokens = sessionOf(offering("a=chatroom:nicknames private-messages com.example.chat.foo")).chatroom;
    expect(tokens).toEqual(new Set(["nickname", "private-messages", "com.example.chat.foo"]));
  });
});
