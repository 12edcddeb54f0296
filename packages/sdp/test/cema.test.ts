import { describe, expect, it } from "@jest/globals";
import { decideAnswer, namesToResolve, pathMatchesConnection, takeAnswer } from "../src/index.js";
import { answered, capabilities, described, offering, sessionLevel, sessionOf } from "./given.js";

const at = (host: string, port: number, path: string, ...more: string[]) =>
  described(
    ...sessionLevel.slice(0, 3),
    `c=IN ${host.includes(":") ? "IP6" : "IP4"} ${host}`,
    `m=message ${port} TCP/MSRP *`,
    "a=accept-types:*",
    `a=path:${path}`,
    ...more,
  );
const own = "msrp://192.0.2.1:7394/s;tcp";
const relayed = "msrp://198.51.100.9:2855/r;tcp msrp://192.0.2.1:7394/s;tcp";
const wanting = { ...capabilities, cema: { wantsCema: true, usesRelay: false } };
const relaying = { ...capabilities, cema: { wantsCema: true, usesRelay: true } };
const hasCema = (offer: ReturnType<typeof at>, side = wanting) => {
  const [media] = answered(decideAnswer(offer, side));
  return media?.kind === "accepted" && media.hasCema;
};

describe("RFC 6714 §4.4 Address Information Matching", () => {
  it.each([
    ["192.0.2.1", 7394, own, true],
    ["192.0.2.7", 7394, own, false],
    ["192.0.2.1", 7395, own, false],
    ["2001:DB8:0:0::1", 7394, "msrp://[2001:db8::1]:7394/s;tcp", true],
    ["2001:db8::2", 7394, "msrp://[2001:db8::1]:7394/s;tcp", false],
    ["192.0.2.1", 7394, relayed, true],
    ["198.51.100.9", 2855, relayed, true],
  ])("c=%s m=%d path %s: %s", (host, port, path, matches) => {
    expect(pathMatchesConnection(sessionOf(at(host, port, path)))).toBe(matches);
  });

  it("needs one of the addresses that DNS gave", () => {
    const media = sessionOf(at("192.0.2.1", 7394, "msrp://Alice.example.com:7394/s;tcp"));
    expect(namesToResolve(media)).toEqual(["alice.example.com"]);
    expect(pathMatchesConnection(media, new Map([["alice.example.com", ["192.0.2.8", "192.0.2.1"]]]))).toBe(
      true,
    );
    expect(pathMatchesConnection(media, new Map([["alice.example.com", ["192.0.2.8"]]]))).toBe(false);
    expect(namesToResolve(sessionOf(offering()))).toEqual([]);
  });

  it("does not compare the port of a side that connects", () => {
    expect(pathMatchesConnection(sessionOf(at("192.0.2.1", 9, own, "a=setup:active")))).toBe(true);
    expect(pathMatchesConnection(sessionOf(at("192.0.2.9", 9, own, "a=setup:active")))).toBe(false);
  });
});

describe("PF-09 MS-15 RFC 6714 §4.3 MSRP SDP Answerer Procedures", () => {
  it("MUST refuse an offer without msrp-cema whose c/m-line does not match the path", () => {
    expect(decideAnswer(at("203.0.113.5", 5000, own), wanting)).toMatchObject({
      kind: "refused",
      status: 488,
    });
    expect(decideAnswer(at("203.0.113.5", 5000, own, "a=msrp-cema"), wanting).kind).toBe("answer");
  });

  it("says msrp-cema when both want it", () => {
    const offer = at("192.0.2.1", 7394, own, "a=msrp-cema", "a=setup:actpass");
    expect(hasCema(offer)).toBe(true);
    expect(hasCema(offer, relaying)).toBe(true);
    expect(hasCema(offer, capabilities)).toBe(false);
    expect(hasCema(at("192.0.2.1", 7394, own))).toBe(false);
  });

  it("MUST NOT say it when both use relays", () => {
    expect(hasCema(at("198.51.100.9", 2855, relayed, "a=msrp-cema", "a=setup:actpass"), relaying)).toBe(
      false,
    );
  });

  it.each(["a=setup:active", "a=x"])(
    "MUST NOT say it when the offerer has a relay and is active (%s)",
    (setup) => {
      expect(hasCema(at("198.51.100.9", 2855, relayed, "a=msrp-cema", setup))).toBe(false);
      expect(hasCema(at("198.51.100.9", 2855, relayed, "a=msrp-cema", "a=setup:actpass"))).toBe(true);
    },
  );

  it("MUST NOT say it when we have a relay and cannot be passive", () => {
    expect(hasCema(at("192.0.2.1", 7394, own, "a=msrp-cema", "a=setup:passive"), relaying)).toBe(false);
  });

  it("never says it for WebSocket", () => {
    const path = "msrps://198.51.100.9:443/r;tcp msrps://x.invalid:2855/s;ws";
    expect(hasCema(at("198.51.100.9", 443, path, "a=msrp-cema", "a=setup:actpass"))).toBe(false);
  });

  it("MUST use the c/m-line when it becomes active", () => {
    const offer = at("203.0.113.5", 5000, own, "a=msrp-cema", "a=setup:passive");
    expect(answered(decideAnswer(offer, wanting))[0]).toMatchObject({
      role: "active",
      connectTo: { host: "203.0.113.5", port: 5000 },
    });
  });
});

describe("PF-09 MS-15 RFC 6714 §4.2 MSRP SDP Offerer Procedures", () => {
  const offer = at("192.0.2.1", 7394, own, "a=msrp-cema", "a=setup:actpass");
  const taken = (answer: ReturnType<typeof at>, usesRelay = false) => {
    const outcome = takeAnswer(offer, answer, { usesRelay });
    return outcome.kind === "taken" ? outcome.media[0] : outcome;
  };
  const peer = "msrp://192.0.2.2:8000/p;tcp";
  const peerRelayed = `msrp://198.51.100.7:2855/q;tcp ${peer}`;
  const again = { kind: "offer again without cema" };

  it("connects to the c/m-line when the answer says msrp-cema", () => {
    expect(taken(at("203.0.113.5", 5000, peer, "a=msrp-cema", "a=setup:passive"))).toMatchObject({
      connectTo: { host: "203.0.113.5", port: 5000 },
    });
  });

  it("MUST offer again without it: mismatch and the answerer is active", () => {
    expect(taken(at("203.0.113.5", 5000, peer, "a=setup:active"))).toEqual(again);
  });

  it("MUST offer again without it: mismatch, we are active and use a relay", () => {
    expect(taken(at("203.0.113.5", 5000, peer, "a=setup:passive"), true)).toEqual(again);
    expect(taken(at("203.0.113.5", 5000, peer), true)).toEqual(again);
  });

  it("MUST offer again without it: mismatch, we are active and the answerer uses a relay", () => {
    expect(taken(at("203.0.113.5", 5000, peerRelayed, "a=setup:passive"))).toEqual(again);
  });

  it("falls back to the path without a new offer when the answerer's relay is the c/m-line", () => {
    expect(taken(at("198.51.100.7", 2855, peerRelayed, "a=setup:passive"))).toMatchObject({
      role: "active",
      connectTo: { host: "198.51.100.7", port: 2855 },
    });
    expect(taken(at("192.0.2.2", 8000, peerRelayed, "a=setup:passive"))).toMatchObject({
      connectTo: { host: "198.51.100.7", port: 2855 },
    });
  });

  it("MUST use the c/m-line in all other cases", () => {
    expect(taken(at("203.0.113.5", 5000, peer, "a=setup:passive"))).toMatchObject({
      connectTo: { host: "203.0.113.5", port: 5000 },
    });
  });

  it("connects by the path when it did not offer msrp-cema", () => {
    const plain = at("192.0.2.1", 7394, own, "a=setup:actpass");
    const outcome = takeAnswer(plain, at("203.0.113.5", 5000, peer, "a=setup:passive"), { usesRelay: false });
    expect(outcome).toMatchObject({ media: [{ connectTo: { host: "192.0.2.2", port: 8000 } }] });
  });
});
