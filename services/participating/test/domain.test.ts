import { deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "@jest/globals";
import type { sipEdge } from "@heliograph/contracts";
import { nodeInflater } from "../src/adapters/node-inflater.js";
import { preferredBindings } from "../src/domain/caller-preferences.js";
import { chooseAnswer } from "../src/domain/choose-answer.js";
import { decideDelivery } from "../src/domain/decide-delivery.js";
import { toDevices } from "../src/domain/device.js";
import { readFacts } from "../src/domain/message-facts.js";
import { refusals } from "../src/domain/refusals.js";
import { simplerForms } from "../src/domain/simpler-forms.js";
import { answered, asking, binding, bob, cpim, hello, profileOf } from "./given.js";

describe("PF-43 GEN-41 one answer out of those of all devices", () => {
  const silent: sipEdge.LegOutcome = { kind: "silent" };
  const gone: sipEdge.LegOutcome = { kind: "unreachable", reason: "gone" };

  it.each<[string, sipEdge.LegOutcome[], string]>([
    ["a 200", [answered(200)], "accepted 200"],
    ["a 202 of the next network", [answered(202)], "accepted 202"],
    ["any other 2xx", [answered(299)], "accepted 200"],
    ["a 2xx beside refusals", [answered(603), answered(404), answered(200)], "accepted 200"],
    ["404", [answered(404)], "device-gone"],
    ["410", [answered(410)], "device-gone"],
    ["604", [answered(604)], "device-gone"],
    ["480", [answered(480)], "unreachable"],
    ["408", [answered(408)], "unreachable"],
    ["430", [answered(430)], "unreachable"],
    ["silence", [silent], "unreachable"],
    ["a dead flow", [gone], "unreachable"],
    ["486", [answered(486)], "busy"],
    ["600", [answered(600)], "busy"],
    ["486 and 480", [answered(486), answered(480)], "unreachable"],
    ["603", [answered(603)], "device-forbade"],
    ["403", [answered(403)], "device-forbade"],
    ["401", [answered(401)], "device-unable"],
    ["405", [answered(405)], "device-unable"],
    ["407", [answered(407)], "device-unable"],
    ["415", [answered(415)], "device-unsupported"],
    ["488", [answered(488)], "device-not-acceptable"],
    ["606", [answered(606)], "device-not-acceptable"],
    ["413", [answered(413)], "device-too-large"],
    ["another 4xx", [answered(420)], "device-refused"],
    ["another 6xx", [answered(607)], "device-forbade"],
    ["500", [answered(500)], "unreachable"],
    ["503", [answered(503)], "unreachable"],
    ["302", [answered(302)], "unreachable"],
    ["a refusal and a device that is away", [answered(415), silent], "unreachable"],
    ["a 6xx and a device that is away", [answered(603), silent], "device-forbade"],
    ["several refusals: what helps most", [answered(404), answered(415)], "device-unsupported"],
    ["no device at all", [], "unreachable"],
  ])("%s", (_, outcomes, expected) => {
    const answer = chooseAnswer(outcomes);
    const busy = answer.kind === "unreachable" && answer.isBusy ? "busy" : answer.kind;
    expect(
      answer.kind === "refused"
        ? answer.name
        : answer.kind === "accepted"
          ? `accepted ${answer.status}`
          : busy,
    ).toBe(expected);
  });

  it("GEN-04 passes on what the sender can use of the answer, and the status of what has no name", () => {
    expect(
      chooseAnswer([
        answered(420, [
          ["Unsupported", "x"],
          ["Server", "y"],
        ]),
      ]),
    ).toEqual({
      kind: "refused",
      name: "device-refused",
      details: { because: "420 reason 420", status: 420, headers: [["Unsupported", "x"]] },
    });
  });
});

describe("GEN-30 one copy for one place", () => {
  const contact = "sip:bob@192.168.1.5:5060";
  const keysOf = (...bindings: Parameters<typeof toDevices>[0]) => toDevices(bindings).map(({ key }) => key);

  it("a device that took an instance since it registered is one device, over its newer binding", () => {
    const named = { contact, instance: "<urn:uuid:1>", registeredAtMs: 2 };
    const { flowId: _, ...direct } = binding("plain", { contact });
    expect(keysOf(direct, binding("named", named))).toEqual(["<urn:uuid:1>"]);
    expect(
      keysOf(binding("plain", { contact, flowId: "f" }), binding("named", { ...named, flowId: "f" })),
    ).toEqual(["<urn:uuid:1>"]);
  });

  it("two devices with the same address behind two NATs, or two proxies, are two", () => {
    expect(keysOf(binding("home", { contact }), binding("work", { contact }))).toEqual(["home", "work"]);
    const behind = (proxy: string) => binding(proxy, { contact, flowId: "f", path: [`<sip:${proxy};lr>`] });
    expect(keysOf(behind("p1"), behind("p2"))).toEqual(["p1", "p2"]);
  });
});

describe("PF-41 PF-25 DF-02 DF-10 DF-40 decideDelivery", () => {
  const devices = toDevices([binding("b1")]);
  const arrival = {
    message: hello,
    facts: { content: "im" as const },
    profile: profileOf(bob),
    devices,
    isQueued: false,
    maxUdpBytes: 1_300,
  };
  const over = (transport: "udp" | "tcp", ...tags: string[]) =>
    toDevices([binding("b1", { transport, params: tags.map((tag): [string, null] => [tag, null]) })]);
  const large = "+g.oma.sip-im.large-message";
  const long = { ...hello, sizeBytes: 1_301 };

  it.each([
    ["all is well", {}, { kind: "deliver", to: devices }],
    ["no device", { devices: [] }, { kind: "defer", cause: "offline" }],
    [
      "no device, nothing kept",
      { devices: [], profile: profileOf(bob, { whenOffline: "refuse" }) },
      { kind: "refuse", name: "offline-storage-off" },
    ],
    [
      "kept by preference",
      { profile: profileOf(bob, { whenOnline: "store" }) },
      { kind: "defer", cause: "preference" },
    ],
    ["a queue", { isQueued: true }, { kind: "defer", cause: "queue-order" }],
    [
      "a queue although nothing is kept now",
      { isQueued: true, profile: profileOf(bob, { whenOffline: "refuse" }) },
      { kind: "defer", cause: "queue-order" },
    ],
    [
      "composing, no device",
      { facts: { content: "composing" as const }, devices: [] },
      { kind: "refuse", name: "composing-not-stored" },
    ],
    [
      "composing, a queue",
      { facts: { content: "composing" as const }, isQueued: true },
      { kind: "deliver", to: devices },
    ],
    [
      "DF-46 too large for UDP, and the device takes large messages",
      { message: long, devices: over("udp", large) },
      { kind: "defer", cause: "too-large-for-transport" },
    ],
    [
      "DF-46 the same for a user who keeps nothing while away",
      { message: long, devices: over("udp", large), profile: profileOf(bob, { whenOffline: "refuse" }) },
      { kind: "defer", cause: "too-large-for-transport" },
    ],
    [
      "small enough for UDP",
      { message: { ...long, sizeBytes: 1_300 }, devices: over("udp", large) },
      { kind: "deliver", to: over("udp", large) },
    ],
    [
      "too large for UDP, and the device takes no large messages",
      { message: long, devices: over("udp", "+g.oma.sip-im") },
      { kind: "deliver", to: over("udp", "+g.oma.sip-im") },
    ],
    [
      "a device on TCP takes it",
      { message: long, devices: [...over("udp", large), ...over("tcp")] },
      { kind: "deliver", to: [...over("udp", large), ...over("tcp")] },
    ],
    [
      "policy comes first",
      { devices: [], profile: profileOf(bob, { isBarred: true }) },
      { kind: "refuse", name: "recipient-barred" },
    ],
  ])("%s", (_, changes, expected) => {
    expect(decideDelivery({ ...arrival, ...changes })).toEqual(expected);
  });
});

describe("GEN-18 the table of refusals", () => {
  it("has a status that is right without its Warning, and never a 408 or a 6xx", () => {
    for (const { status } of Object.values(refusals)) {
      expect([400, 403, 404, 413, 415, 480, 482, 486, 487, 488, 500, 503, 513]).toContain(status);
    }
  });

  it("keeps the exact spelling that clients look for", () => {
    expect(refusals["sender-not-provisioned"].warning).toEqual({
      code: "127",
      text: "Service not authorised",
    });
    expect(refusals["too-large"].warning).toEqual({ code: "133", text: "Size exceeded" });
  });
});

describe("PF-42 GEN-24 RFC 3841 §7.2 caller preferences", () => {
  const params = (...all: [string, string | null][]) => ({ params: all });
  const im = binding("im", params(["+g.oma.sip-im", null], ["+sip.instance", "<urn:1>"]));
  const linphone = binding("linphone", params(["+sip.instance", "<urn:2>"], ["+org.linphone.specs", "lime"]));
  const plain = binding("plain", params(["transport", "udp"]));
  const chat = binding("chat", params(["+g.3gpp.icsi-ref", "urn%3A1"]));
  const phone = binding("phone", params(["methods", "INVITE,ACK,BYE"], ["audio", null]));
  const chosen = (bindings: readonly (typeof im)[], ...headers: [string, string][]) =>
    preferredBindings(bindings, { ...hello, headers }).map(({ key }) => key);

  it("without preferences all contacts that take MESSAGE get it, IM clients first", () => {
    expect(chosen([plain, linphone, phone, im])).toEqual(["im", "plain", "linphone"]);
    expect(chosen([phone])).toEqual(["phone"]);
  });

  it("GEN-09 asking for the IM tag leaves IM clients and clients that know no such tags", () => {
    const wanted: [string, string] = ["Accept-Contact", "*;+g.oma.sip-im;require;explicit"];
    expect(chosen([plain, linphone, chat, im], wanted)).toEqual(["im", "plain", "linphone"]);
  });

  it("GEN-24 a contact without feature tags is immune; others need the tag when it is required explicitly", () => {
    expect(chosen([plain, phone, linphone], ["Accept-Contact", '*;+x.y="z";require;explicit'])).toEqual([
      "plain",
    ]);
    expect(chosen([plain, phone], ["a", "b"], ["Accept-Contact", "*;video;require"])).toEqual([
      "plain",
      "phone",
    ]);
    expect(chosen([plain, phone], ["Accept-Contact", '*;methods="MESSAGE";require'])).toEqual(["plain"]);
    expect(chosen([phone], ["Accept-Contact", "*;video"])).toEqual(["phone"]);
  });

  it("Reject-Contact drops only who says that it has all of what is not wanted", () => {
    expect(chosen([im, phone, plain], ["Reject-Contact", "*;audio"])).toEqual(["im", "plain"]);
    expect(chosen([im, phone], ["Reject-Contact", "*;audio;video"])).toEqual(["im", "phone"]);
  });
});

describe("PF-46 what a device that answers 415 may get instead", () => {
  const formsOf = (message: typeof hello) => {
    const facts = readFacts(message, nodeInflater);
    if (!facts.ok) throw new Error(facts.error.name);
    return simplerForms(message, facts.value).map(({ contentType }) => contentType);
  };
  const inCpim = (headers: string[], content = ["Content-Type: text/plain;charset=UTF-8"]) => ({
    ...hello,
    contentType: "message/cpim",
    body: cpim(headers, "hello", content),
  });

  it.each([
    ["a bare text", inCpim([]), ["text/plain;charset=UTF-8"]],
    ["with a Message-ID and nothing asked", asking(""), ["text/plain"]],
    ["asking for negative-delivery and processing", asking("negative-delivery,processing"), ["text/plain"]],
    ["asking for positive-delivery", asking("positive-delivery"), []],
    ["asking for display", asking("display"), []],
    ["with a Subject", inCpim(["Subject: x"]), []],
    ["for several recipients", inCpim(["To: <sip:x@y>"]), []],
    ["requiring something", inCpim(["Require: x"]), []],
    ["with headers of others", inCpim(["NS: x <urn:x>", "x.y: z"]), []],
    ["with another content", inCpim([], ["Content-Type: text/html"]), []],
    [
      "with an encoded text",
      inCpim([], ["Content-Type: text/plain", "Content-Transfer-Encoding: base64"]),
      [],
    ],
    ["plain text", hello, []],
  ])("%s", (_, message, expected) => {
    expect(formsOf(message)).toEqual(expected);
  });

  it("the CPIM without its encoding comes first", () => {
    const { body, ...rest } = asking("display");
    const message = {
      ...rest,
      headers: [["Content-Encoding", "deflate"] as [string, string]],
      body: new Uint8Array(deflateSync(body)),
    };
    const facts = readFacts(message, nodeInflater);
    if (!facts.ok) throw new Error(facts.error.name);
    expect(simplerForms(message, facts.value)).toEqual([
      { ...message, headers: [], body: expect.anything() },
    ]);
  });
});

describe("node:zlib as Inflater", () => {
  const octets = new TextEncoder().encode("hello ".repeat(50));

  it.each([
    ["deflate", deflateSync(octets)],
    ["deflate", deflateRawSync(octets)],
    ["gzip", gzipSync(octets)],
  ] as const)("reads %s", (coding, encoded) => {
    const inflated = nodeInflater.inflate(coding, encoded, 1000);
    expect(inflated.kind === "inflated" && Buffer.from(inflated.octets).equals(octets)).toBe(true);
  });

  it("stops at the bound, and tells rubbish", () => {
    expect(nodeInflater.inflate("gzip", gzipSync(octets), 299)).toEqual({ kind: "too-large" });
    expect(nodeInflater.inflate("gzip", octets, 1000)).toEqual({ kind: "corrupt" });
    expect(nodeInflater.inflate("deflate", new Uint8Array(), 1000)).toEqual({ kind: "corrupt" });
    expect(nodeInflater.inflate("gzip", gzipSync(octets).subarray(0, 20), 1000)).toEqual({ kind: "corrupt" });
  });
});
