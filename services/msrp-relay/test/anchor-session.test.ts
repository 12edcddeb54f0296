import { describe, expect, it } from "@jest/globals";
import { parseMsrpDescription } from "@heliograph/sdp";
import {
  anchored,
  described,
  firstVersion,
  givenRelay,
  pathOf,
  policy,
  sdp,
  text,
  translated,
} from "./given.js";

const digest = Array.from({ length: 32 }, () => "AB").join(":");

/** Reads a description that has to be right, and gives its sections. */
function sectionsOf(description: Uint8Array | undefined) {
  const read = parseMsrpDescription(description ?? "");
  if (!read.ok) throw new Error(read.error.rule);
  return read.value.media;
}

describe("PF-08 the relay stands in the middle of a new session", () => {
  it("MS-22 offers the callee our end by how it reaches us, and changes nothing else", async () => {
    const { anchor } = await givenRelay();
    const offer = described({ more: ["a=setup:active", "a=x-unknown:1", "a=sendonly"] });
    const { offers } = anchored(await anchor(offer));
    expect(text(offers?.tcp)).toBe(
      [
        "v=0",
        `o=alice 10 ${firstVersion} IN IP4 192.0.2.10`,
        "s=-",
        "c=IN IP4 192.0.2.1",
        "t=0 0",
        "m=message 2855 TCP/MSRP *",
        "a=max-size:10000000",
        "a=accept-types:message/cpim text/plain",
        `a=path:${pathOf(offers?.tcp)}`,
        "a=setup:actpass",
        "a=x-unknown:1",
        "a=sendonly",
        "",
      ].join("\r\n"),
    );
    expect(pathOf(offers?.tcp)).toMatch(/^msrp:\/\/192\.0\.2\.1:2855\/[^;]+;tcp$/);
    expect(pathOf(offers?.tls)).toMatch(/^msrps:\/\/192\.0\.2\.1:2856\/[^;]+;tcp$/);
    expect(pathOf(offers?.ws)).toMatch(/^msrps:\/\/192\.0\.2\.1:2858\/[^;]+;ws$/);
    for (const secure of [offers?.tls, offers?.ws]) {
      expect(text(secure)).toContain(" TCP/TLS/MSRP *\r\n");
      expect(text(secure)).toContain(`a=fingerprint:sha-256 ${digest}\r\n`);
    }
    expect(text(offers?.tcp)).not.toContain("a=fingerprint");
  });

  it("MS-05 names its ends by secrets of their own", async () => {
    const { anchor } = await givenRelay();
    const both = await Promise.all([anchor(described({})), anchor(described({}))]);
    expect(new Set(both.map((one) => pathOf(anchored(one).offers?.tcp))).size).toBe(2);
  });

  it("MS-14 answers passive, and says where the caller comes to by what it speaks", async () => {
    const relay = await givenRelay();
    const offer = described({
      protocol: "TCP/TLS/MSRP",
      more: ["a=setup:actpass"],
      path: "msrps://h:9/s;tcp",
      host: "h",
    });
    const { anchor } = anchored(await relay.anchor(offer));
    const bob = described({ user: "bob", port: 7, more: ["a=setup:active"] });
    const answer = translated(await relay.answer(anchor.session, "callee", bob));
    expect(text(answer)).toContain(`o=bob 10 ${firstVersion} IN`);
    expect(text(answer)).toContain("m=message 2856 TCP/TLS/MSRP *\r\n");
    expect(text(answer)).toContain("c=IN IP4 192.0.2.1\r\n");
    expect(text(answer)).toContain("a=setup:passive\r\n");
    expect(text(answer)).toContain(`a=fingerprint:sha-256 ${digest}\r\n`);
    expect(pathOf(answer)).toMatch(/^msrps:\/\/192\.0\.2\.1:2856\//);
  });

  it("MS-55 a browser and a client that knows no transport of its path are no obstacle", async () => {
    const relay = await givenRelay();
    const path = "msrps://df7jal23ls0d.invalid:2855/98cjs;ws";
    const offer = described({ protocol: "TCP/TLS/MSRP", host: "df7jal23ls0d.invalid", port: 2855, path });
    const { anchor, offers } = anchored(await relay.anchor(offer));
    const peer = described({
      user: "bob",
      host: "192.0.2.9",
      port: 4000,
      path: "msrp://192.0.2.9:4000/k;tcp msrp://10.1.1.1:1/x;dc",
      more: ["a=setup:active"],
    });
    const answer = translated(await relay.answer(anchor.session, "callee", peer));
    expect(pathOf(offers?.tcp)).toMatch(/;tcp$/);
    expect(pathOf(answer)).toMatch(/^msrps:\/\/192\.0\.2\.1:2858\/[^;]+;ws$/);
  });

  it("MS-17 says the smaller of two sizes", async () => {
    const relay = await givenRelay();
    const media = { ...policy, maxMessageBytes: 5_000 };
    const { anchor, offers } = anchored(await relay.anchor(described({ more: ["a=max-size:90000"] }), media));
    expect(text(offers?.tcp)).toContain("a=max-size:5000\r\n");
    const bob = described({ user: "bob", more: ["a=max-size:300", "a=setup:active"] });
    expect(text(translated(await relay.answer(anchor.session, "callee", bob)))).toContain(
      "a=max-size:300\r\n",
    );
  });

  it.each([
    ["sendonly", [], "recvonly"],
    ["sendonly", ["a=inactive"], "inactive"],
    ["recvonly", ["a=sendrecv"], "sendonly"],
    ["inactive", [], "inactive"],
    ["sendrecv", ["a=recvonly"], "recvonly"],
  ] as const)(
    "RFC 3264 §6.1 R-sdp-5 what was offered %s and answered %j is %s",
    async (offered, answered, direction) => {
      const relay = await givenRelay();
      const { anchor } = anchored(await relay.anchor(described({ more: [`a=${offered}`] })));
      const bob = described({ user: "bob", more: ["a=setup:active", ...answered] });
      const answer = translated(await relay.answer(anchor.session, "callee", bob));
      expect(sectionsOf(answer)).toMatchObject([{ direction }]);
    },
  );

  it("RFC 3261 §21.4.26 an answer that cannot be read is 488 to who offered, who did nothing wrong", async () => {
    const relay = await givenRelay();
    const { anchor } = anchored(await relay.anchor(described({})));
    const answer = await relay.answer(anchor.session, "callee", sdp("v=0", "garbage"));
    expect(answer).toMatchObject({ kind: "refused", status: 488, warning: { code: "399" } });
  });

  it("MS-57 a file has a stream of its own; a second conversation and what is not MSRP are refused", async () => {
    const relay = await givenRelay();
    const file = (name: string) => [
      "m=message 9 TCP/MSRP *",
      "a=accept-types:*",
      `a=path:msrp://192.0.2.10:9/${name};tcp`,
      "a=sendonly",
      `a=file-selector:name:"${name}" size:10`,
      `a=file-transfer-id:${name}`,
    ];
    const second = ["m=message 9 TCP/MSRP *", "a=accept-types:*", "a=path:msrp://192.0.2.10:9/second;tcp"];
    const after = [...file("one"), "m=audio 4000 RTP/AVP 0", ...second, ...file("two")];
    const { anchor, offers } = anchored(await relay.anchor(described({ after })));
    const sections = sectionsOf(offers?.tcp);
    expect(sections.map(({ kind }) => kind)).toEqual(["msrp", "msrp", "removed", "removed", "msrp"]);
    expect(new Set([0, 1, 2].map((index) => pathOf(offers?.tcp, index))).size).toBe(3);
    expect(text(offers?.tcp)).toContain('a=file-selector:name:"two" size:10\r\n');
    const bob = described({
      user: "bob",
      more: ["a=setup:active"],
      after: [
        "m=message 0 TCP/MSRP *",
        "m=audio 0 RTP/AVP 0",
        "m=message 0 TCP/MSRP *",
        ...file("two").map((line) =>
          line.replace("sendonly", "recvonly").replace("192.0.2.10", "192.0.2.20"),
        ),
      ],
    });
    const answer = translated(await relay.answer(anchor.session, "callee", bob));
    expect(sectionsOf(answer).map(({ kind }) => kind)).toEqual([
      "msrp",
      "removed",
      "removed",
      "removed",
      "msrp",
    ]);
    expect(text(answer)).toContain("m=audio 0 RTP/AVP 0\r\n");
  });

  it("a file larger than the policy lets through gets port 0", async () => {
    const relay = await givenRelay();
    const more = ['a=file-selector:name:"big" size:10000001'];
    expect(await relay.anchor(described({ more }))).toMatchObject({
      kind: "refused",
      status: 488,
      warning: { code: "399", text: "File too large" },
    });
  });
});

describe("what is not anchored", () => {
  it.each([
    [
      "nothing but audio",
      sdp("v=0", "o=a 1 1 IN IP4 h", "s=-", "t=0 0", "m=audio 4 RTP/AVP 0"),
      488,
      "No MSRP session offered",
    ],
    ["what is no description", Buffer.from("hello"), 400, "Session description: line"],
    ["a path that is none", described({ path: "http://x/" }), 400, "Session description: path"],
    [
      "PF-09 MS-15 a c/m-line that a middlebox changed behind the path's back",
      described({ host: "198.51.100.7", path: "msrp://192.0.2.10:9/s;tcp" }),
      488,
      "Connection address does not match the MSRP path",
    ],
    [
      "MS-14 an offer that waits where nobody can connect",
      described({ more: ["a=setup:passive"] }),
      488,
      "Neither side can open the connection",
    ],
  ])("%s", async (_, offer, status, warning) => {
    const { anchor, sessions } = await givenRelay();
    expect(await anchor(offer)).toMatchObject({ kind: "refused", status, warning: { text: warning } });
    expect(sessions.size).toBe(0);
  });

  it("more sessions than there may be", async () => {
    const { anchor, close } = await givenRelay({ env: { MSRP_MAX_SESSIONS: "1" } });
    const { session } = anchored(await anchor(described({}))).anchor;
    expect(await anchor(described({}))).toMatchObject({ kind: "refused", status: 503 });
    await close(session);
    anchored(await anchor(described({})));
  });
});

describe("PF-09 MS-15 CEMA", () => {
  const cema = { more: ["a=msrp-cema", "a=setup:actpass"] };

  it("is kept where it was offered, and never towards WebSocket", async () => {
    const relay = await givenRelay();
    const moved = described({ ...cema, host: "198.51.100.7", path: "msrp://192.0.2.10:9/s;tcp" });
    const { anchor, offers } = anchored(await relay.anchor(moved));
    expect(text(offers?.tcp)).toContain("a=msrp-cema\r\n");
    expect(text(offers?.ws)).not.toContain("msrp-cema");
    const bob = described({ user: "bob", more: ["a=setup:active", "a=msrp-cema"] });
    const answer = text(translated(await relay.answer(anchor.session, "callee", bob)));
    expect(answer).toContain("a=msrp-cema\r\n");
    expect(answer).toContain("a=setup:passive\r\n");
  });

  it("is not added where it was not", async () => {
    const { anchor } = await givenRelay();
    expect(text(anchored(await anchor(described({}))).offers?.tcp)).not.toContain("msrp-cema");
  });

  it("a name in the path is looked up before it counts as another address", async () => {
    const relay = await givenRelay({ names: { "a.example.com": ["192.0.2.10"] } });
    const path = (name: string) => described({ path: `msrp://${name}:9/s;tcp` });
    anchored(await relay.anchor(path("a.example.com")));
    expect((await relay.anchor(path("b.example.com"))).kind).toBe("refused");
  });

  it("an answer from behind a middlebox without CEMA makes us offer again without it, one version on", async () => {
    const relay = await givenRelay();
    const { anchor, offers } = anchored(await relay.anchor(described(cema)));
    const altered = described({
      user: "bob",
      host: "198.51.100.7",
      path: "msrp://10.0.0.1:9/b;tcp",
      more: ["a=setup:active"],
    });
    const again = await relay.answer(anchor.session, "callee", altered);
    if (again.kind !== "offer-again") throw new Error(again.kind);
    expect(text(again.description)).toBe(
      text(offers?.tcp)
        .replace("a=msrp-cema\r\n", "")
        .replace(`o=alice 10 ${firstVersion} `, `o=alice 10 ${firstVersion + 1} `),
    );
    translated(await relay.answer(anchor.session, "callee", altered));
  });
});

describe("GEN-44 an INVITE without an offer", () => {
  it("is anchored; the callee's offer goes to the caller, and the caller's answer to the callee", async () => {
    const relay = await givenRelay();
    const { anchor, offers } = anchored(await relay.anchor());
    expect(offers).toBeUndefined();
    const forAlice = translated(
      await relay.offer(
        anchor.session,
        "callee",
        described({ user: "bob", more: ["a=setup:actpass"] }),
        "tls",
      ),
    );
    expect(text(forAlice)).toContain("m=message 2856 TCP/TLS/MSRP *");
    expect(text(forAlice)).toContain("a=setup:actpass");
    const alice = described({
      protocol: "TCP/TLS/MSRP",
      path: "msrps://192.0.2.10:9/a;tcp",
      more: ["a=setup:active"],
    });
    const forBob = text(translated(await relay.answer(anchor.session, "caller", alice, "tls")));
    expect(forBob).toContain("m=message 2855 TCP/MSRP *");
    expect(forBob).toContain("a=setup:passive");
  });
});

describe("which sessions are here", () => {
  it("check-sessions names those that are not, and the start of the node", async () => {
    const { anchor, check, close } = await givenRelay();
    const { session, incarnation } = anchored(await anchor(described({}))).anchor;
    expect(await check(session, "other")).toEqual({ incarnation, missing: ["other"] });
    await close(session);
    expect((await check(session)).missing).toEqual([session]);
  });

  it("translates nothing for a session that is not here, or an answer that nobody offered for", async () => {
    const { anchor, offer, answer } = await givenRelay();
    expect((await offer("x", "caller", described({}))).kind).toBe("no-such-session");
    expect((await answer("x", "caller", described({}))).kind).toBe("no-such-session");
    const { session } = anchored(await anchor(described({}))).anchor;
    expect(await answer(session, "caller", described({}))).toMatchObject({ kind: "refused", status: 488 });
  });
});
