import { describe, expect, it } from "@jest/globals";
import type { sipEdge } from "@heliograph/contracts";
import { chooseSessionAnswer, isLegDead, reasonToStop } from "../src/domain/choose-session-answer.js";
import { withoutFocus } from "../src/domain/contact-params.js";
import { retrievalReferences } from "../src/domain/retrieval-references.js";
import { readSessionContent } from "../src/domain/session-content.js";
import { reachOf, readSessionFacts } from "../src/domain/session-facts.js";
import { AtMost } from "../src/sessions/at-most.js";
import { settle, text } from "./given.js";
import { answeredWith, invitation, octets, sdp, sdpBody } from "./given-sessions.js";

type Failed = Exclude<sipEdge.LegAnswer, { kind: "accepted" }>;
const failed = (status: number) => answeredWith(status) as Failed;
const silent: Failed = { kind: "silent" };
const gone: Failed = { kind: "unreachable", reason: "gone" };
const cancelled: Failed = { kind: "cancelled" };

describe("PF-43 GEN-41 one answer out of those of all devices that did not accept", () => {
  it.each<[string, Failed[], string]>([
    ["404", [failed(404)], "404"],
    ["410", [failed(410)], "404"],
    ["604", [failed(604)], "404"],
    ["480", [failed(480)], "unreachable"],
    ["408", [failed(408)], "unreachable"],
    ["silence", [silent], "unreachable"],
    ["a dead flow", [gone], "unreachable"],
    ["a cancelled leg", [cancelled], "unreachable"],
    ["486", [failed(486)], "busy"],
    ["600", [failed(600)], "busy"],
    ["486 and silence", [failed(486), silent], "unreachable"],
    ["603", [failed(603)], "403"],
    ["403", [failed(403)], "403"],
    ["415", [failed(415)], "415"],
    ["488", [failed(488)], "488"],
    ["606", [failed(606)], "488"],
    ["500", [failed(500)], "unreachable"],
    ["a refusal and a device that is away", [failed(488), silent], "unreachable"],
    ["a refusal for the user and a device that was cancelled", [failed(603), cancelled], "403"],
    ["no device", [], "unreachable"],
  ])("%s", (_, answers, expected) => {
    const answer = chooseSessionAnswer(answers);
    const unreached = answer.kind === "unreachable" ? (answer.isBusy ? "busy" : "unreachable") : undefined;
    expect(unreached ?? (answer.kind === "refused" ? statusOf[answer.name] : "")).toBe(expected);
  });

  const statusOf: Partial<Record<string, string>> = {
    "device-gone": "404",
    "device-forbade": "403",
    "device-unsupported": "415",
    "device-not-acceptable": "488",
  };

  it.each<[Failed, string | undefined]>([
    [failed(486), "486"],
    [failed(600), "486"],
    [failed(603), "603"],
    [failed(606), "603"],
    [failed(480), undefined],
    [failed(488), undefined],
    [silent, undefined],
    [cancelled, undefined],
  ])("GEN-17 %j stops the others with cause %s", (answer, cause) => {
    expect(reasonToStop(answer)?.match(/cause=(\d+)/)?.[1]).toBe(cause);
  });

  it.each<[Failed, boolean]>([
    [gone, true],
    [failed(430), true],
    [silent, false],
    [failed(480), false],
    [cancelled, false],
  ])("GEN-30 after %j the next flow is tried: %s", (answer, isDead) => {
    expect(isLegDead(answer)).toBe(isDead);
  });
});

describe("GEN-09 CL-35 what an INVITE asks for", () => {
  const file = 'a=file-selector:name:"a" size:7';
  const section = (...lines: string[]) =>
    [
      "m=message 2855 TCP/MSRP *",
      "a=path:msrp://192.0.2.9:2855/b;tcp",
      "a=accept-types:*",
      ...lines,
      "",
    ].join("\r\n");
  const asking = (value: string): [string, string][] => [["Accept-Contact", value]];

  it.each([
    ["a session", {}, "session", ["session"], undefined],
    [
      "a session whose client understands files",
      { body: sdpBody(sdp(["a=file-selector"])) },
      "session",
      ["session"],
      undefined,
    ],
    ["a file", { body: sdpBody(sdp([file])) }, "session", ["file-transfer"], 7],
    [
      "a chat and a file",
      { body: sdpBody(sdp() + section(file)) },
      "session",
      ["session", "file-transfer"],
      7,
    ],
    [
      "a large message",
      { headers: asking("*;+g.oma.sip-im.large-message") },
      "large-message",
      ["large-message"],
      undefined,
    ],
    ["a session of IM clients", { headers: asking("*;+g.oma.sip-im") }, "session", ["session"], undefined],
    ["what waits", { recipient: "sip:deferred@a.example" }, "retrieval", [], undefined],
    [
      "a session with somebody of a similar name",
      { recipient: "sip:deferred.b@a.example" },
      "session",
      ["session"],
      undefined,
    ],
  ])("%s", (_, differs, purpose, services, announcedBytes) => {
    const facts = readSessionFacts({ ...invitation, ...differs }, "deferred");
    expect(facts).toMatchObject({ ok: true, value: { purpose, services, announcedBytes } });
  });

  it.each([
    ["udp", "tcp", false],
    ["tcp", "tcp", false],
    ["tls", "tls", true],
    ["ws", "ws", false],
    ["wss", "ws", true],
  ] as const)(
    "GEN-44 without an offer its sender on %s is taken to reach a relay by %s",
    (transport, reach, isSecure) => {
      const { body: _, ...offerless } = { ...invitation, transport };
      expect(readSessionFacts(offerless, "deferred")).toMatchObject({ ok: true, value: { reach, isSecure } });
    },
  );

  it("MS-22 what cannot be read is taken to come by TCP", () => {
    expect(reachOf(octets("rubbish"))).toBe("tcp");
    expect(reachOf(new Uint8Array(0))).toBe("tcp");
  });
});

describe("CL-21 PF-15 the description in a body", () => {
  const type = "multipart/mixed; boundary=b";
  const body = (...parts: string[]) => ({
    type,
    content: octets(`${parts.map((part) => `--b\r\n${part}\r\n`).join("")}--b--\r\n`),
  });

  it("is replaced, and the other parts keep their octets and their order", () => {
    const first = "Content-Type: message/cpim\r\nContent-ID: <1>\r\n\r\n\u00e4\r\n";
    const content = readSessionContent(
      body(first, "Content-Type: Application/SDP; x=1\r\n\r\nold", "X: 1\r\n\r\nlast"),
    );
    if (!content.ok) throw new Error("unreadable");
    expect(text(content.value.description ?? new Uint8Array())).toBe("old");
    expect(content.value.others).toHaveLength(2);
    const expected = body(first, "Content-Type: Application/SDP; x=1\r\n\r\nnew", "X: 1\r\n\r\nlast");
    expect(text(content.value.with(octets("new")).content)).toBe(text(expected.content));
  });

  it("a body without one stays as it is", () => {
    const content = readSessionContent(body("Content-Type: text/plain\r\n\r\nhi"));
    if (!content.ok) throw new Error("unreadable");
    expect(content.value.description).toBeUndefined();
    expect(content.value.with(octets("new"))).toEqual(body("Content-Type: text/plain\r\n\r\nhi"));
  });

  it("GEN-44 nothing is no offer", () => {
    for (const empty of [undefined, { type: "application/sdp", content: new Uint8Array(0) }]) {
      expect(readSessionContent(empty)).toMatchObject({ ok: true, value: { description: undefined } });
    }
  });
});

describe("DF-30 DF-31 what a retrieval names", () => {
  const list = (xml: string) => {
    const written = `--b\r\nContent-Type: application/resource-lists+xml\r\n\r\n${xml}\r\n--b--\r\n`;
    const content = readSessionContent({ type: "multipart/mixed;boundary=b", content: octets(written) });
    if (!content.ok) throw new Error("unreadable");
    return retrievalReferences(content.value);
  };

  it.each([
    [
      "lists in lists",
      '<resource-lists><list><entry uri="1"/><list><entry uri="2"/></list></list></resource-lists>',
      ["1", "2"],
    ],
    [
      "entries twice",
      '<resource-lists><list><entry uri="1"/><entry uri="1"/></list></resource-lists>',
      ["1"],
    ],
    ["entries without an address", "<resource-lists><list><entry/></list></resource-lists>", []],
    ["an empty list", "<resource-lists/>", []],
  ])("%s", (_, xml, references) => {
    expect(list(xml)).toEqual({ ok: true, value: references });
  });

  it("is bounded", () => {
    const entries = Array.from({ length: 1_001 }, (_, index) => `<entry uri="${index}"/>`).join("");
    expect(list(`<resource-lists><list>${entries}</list></resource-lists>`)).toMatchObject({ ok: false });
    expect(list("<resource-lists>")).toMatchObject({ ok: false });
  });
});

describe("CF-19 GEN-11 the parameters of a Contact", () => {
  it("lose the focus and keep the rest", () => {
    const params = ';+g.oma.sip-im;IsFocus;+sip.instance="<urn:uuid:1>";audio';
    expect(withoutFocus(params)).toBe(';+g.oma.sip-im;+sip.instance="<urn:uuid:1>";audio');
    expect(withoutFocus("")).toBe("");
  });
});

describe("work that is bounded", () => {
  it("waits for its turn, and goes on after a failure", async () => {
    const ends: (() => void)[] = [];
    const atMost = new AtMost(2);
    let begun = 0;
    const work = (fails: boolean) =>
      atMost.run(() => {
        begun += 1;
        return new Promise<void>((resolve, reject) =>
          ends.push(fails ? () => reject(new Error("no")) : resolve),
        );
      });
    const all = Promise.allSettled([work(true), work(false), work(false)]);
    await settle();
    expect(begun).toBe(2);
    ends[0]?.();
    await settle();
    expect(begun).toBe(3);
    ends.slice(1).forEach((end) => end());
    expect((await all).map(({ status }) => status)).toEqual(["rejected", "fulfilled", "fulfilled"]);
  });
});
