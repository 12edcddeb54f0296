import { deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { BesiegedServer } from "./besieged-server.js";
import { sipText, token } from "./sip-text.js";
import { type Answer, rawConnection, rawUdp } from "./wire.js";

let besieged: BesiegedServer;
beforeAll(async () => {
  besieged = await BesiegedServer.start({}, 8);
}, 60_000);
afterEach(() => besieged.mustServe());
afterAll(() => besieged?.stop());

async function overUdp(text: string | Uint8Array): Promise<Answer> {
  const peer = await rawUdp(besieged.server.ports.sip);
  peer.send(text);
  return peer.answer("SIP/2.0 ");
}

async function overTcp(text: string | Uint8Array): Promise<Answer> {
  const peer = await rawConnection(besieged.server.ports.sip);
  peer.send(text);
  return peer.answer("SIP/2.0 ");
}

/** A message whose body is encoded: its octets, not text. */
function withBody(headers: Readonly<Record<string, string>>, octets: Uint8Array): Uint8Array {
  const head = sipText({
    transport: "TCP",
    headers: { ...headers, "Content-Length": String(octets.length) },
  });
  return Buffer.concat([Buffer.from(head), octets]);
}

describe("GEN-04 truncated and oversized messages", () => {
  it("a message that ends anywhere gets 400 or nothing over UDP, and nobody sees a part of it", async () => {
    const whole = sipText({ body: `truncated ${token()} at some point` });
    const peer = await rawUdp(besieged.server.ports.sip);
    for (let length = 1; length < whole.length; length += 3) {
      peer.send(whole.slice(0, length));
      if (length % 30 === 0) await wait(1);
    }
    await besieged.mustServe();
    const statuses = new Set([...peer.arrived.matchAll(/^SIP\/2\.0 (\d+)/gm)].map(([, status]) => status));
    expect([...statuses].every((status) => status === "400" || status === "505")).toBe(true);
    expect(statuses).toContain("400");
    expect(besieged.messagesWith("truncated")).toEqual([]);
  });

  it("the same message whole arrives", async () => {
    const text = `whole ${token()}`;
    expect(await overUdp(sipText({ body: text }))).toMatchObject({ status: 200 });
    expect(besieged.messagesWith(text)).toHaveLength(1);
  });

  it("PF-23 a message above 1300 bytes over UDP gets 513 with Warning 133", async () => {
    const answer = await overUdp(sipText({ body: "x".repeat(2_000) }));
    expect(answer.status).toBe(513);
    expect(answer.text).toMatch(/^Warning: 399 .*133 /m);
  });

  it.each([
    { bytes: 60_000, over: "UDP", say: overUdp },
    { bytes: 70_000, over: "TCP", say: overTcp },
    { bytes: 5_000_000, over: "TCP", say: overTcp },
  ])("a body of $bytes bytes over $over gets 413 or 513", async ({ bytes, over, say }) => {
    const answer = await say(sipText({ transport: over, body: "x".repeat(bytes) }));
    expect([413, 513]).toContain(answer.status);
  });

  it("a message of exactly a datagram's largest size is answered", async () => {
    const text = sipText({ body: "x" });
    expect((await overUdp(text + "x".repeat(65_507 - text.length))).status).toBe(200);
  });
});

describe("GEN-14 header bombs", () => {
  const bombs = {
    "10,000 header fields": Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`X-${n}`, "boom"])),
    "one field of 1 MB": { "X-Long": "x".repeat(1_000_000) },
    "one field of 1 MB in continuation lines": { "X-Long": "x\r\n ".repeat(250_000) + "x" },
    "a field's name of 1 MB": { ["X".repeat(1_000_000)]: "x" },
    "3,000 Vias in one": {
      Via: Array.from({ length: 3_000 }, () => `SIP/2.0/TCP a.example;branch=z9hG4bK${token()}`).join(", "),
    },
  };

  it.each(Object.entries(bombs))("%s over TCP: 513, and the connection ends", async (_name, headers) => {
    const peer = await rawConnection(besieged.server.ports.sip);
    peer.send(sipText({ transport: "TCP", headers, body: "boom" }));
    // What comes after the bomb's head is nobody's message.
    await Promise.race([peer.closed(5_000), peer.answer("SIP/2.0 ").then(() => undefined)]);
    if (peer.arrived !== "") expect(await peer.answer("SIP/2.0 ")).toMatchObject({ status: 513 });
    expect(besieged.messagesWith("boom")).toEqual([]);
  });

  it("3,000 header fields in a datagram get 513", async () => {
    const headers = Object.fromEntries(Array.from({ length: 3_000 }, (_, n) => [`X-${n}`, "boom"]));
    expect(await overUdp(sipText({ headers, body: "boom" }))).toMatchObject({ status: 513 });
  });

  it("header fields without an end are cut off when there are too many of them", async () => {
    const peer = await rawConnection(besieged.server.ports.sip);
    peer.send("MESSAGE sip:bob@127.0.0.1 SIP/2.0\r\n");
    const chunk = "X: y\r\n".repeat(10_000);
    for (let sent = 0; sent < 100 && !peer.isClosed; sent += 1) {
      peer.send(chunk);
      await wait(2);
    }
    await peer.closed(5_000);
  });
});

describe("RFC 3261 §18.3 wrong Content-Length", () => {
  it("too long over UDP gets 400", async () => {
    const answer = await overUdp(sipText({ body: "too long", headers: { "Content-Length": "100" } }));
    expect(answer).toMatchObject({ status: 400, reason: "Body Is Shorter Than Content-Length" });
  });

  it("too short over UDP: what is beyond it is not part of the message", async () => {
    const mark = token();
    const answer = await overUdp(sipText({ body: `${mark} and a lie`, headers: { "Content-Length": "16" } }));
    expect(answer).toMatchObject({ status: 200 });
    expect(besieged.messagesWith(mark)).toMatchObject([{ text: mark }]);
  });

  it("too short over TCP: the message is taken, and the rest is no SIP and ends the connection", async () => {
    const mark = token();
    const peer = await rawConnection(besieged.server.ports.sip);
    const text = `${mark} and a lie\r\n\r\n`;
    peer.send(sipText({ transport: "TCP", body: text, headers: { "Content-Length": "16" } }));
    await peer.closed(5_000);
    expect(besieged.messagesWith("a lie")).toEqual([]);
  });

  it("too long over TCP: it waits for the rest, and takes the next message for it, not for a message", async () => {
    const mark = token();
    const peer = await rawConnection(besieged.server.ports.sip);
    const smuggled = sipText({ transport: "TCP", body: `smuggled ${mark}` });
    const length = String(9 + smuggled.length);
    peer.send(sipText({ transport: "TCP", body: "too long:", headers: { "Content-Length": length } }));
    await wait(50);
    expect(peer.arrived).toBe("");
    peer.send(smuggled);
    expect(await peer.answer("SIP/2.0 ")).toMatchObject({ status: 200 });
    await wait(50);
    expect(peer.arrived.match(/^SIP\/2\.0 /gm)).toHaveLength(1);
    expect(besieged.messagesWith(`smuggled ${mark}`)).toHaveLength(1);
  });

  it.each(["-1", "five", "99999999999999999999", "1 2", ""])(
    "Content-Length: %j over TCP gets 4xx or 513",
    async (length) => {
      const peer = await rawConnection(besieged.server.ports.sip);
      peer.send(sipText({ transport: "TCP", body: "which?", headers: { "Content-Length": length } }));
      const { status } = await peer.answer("SIP/2.0 ");
      expect([400, 413, 513]).toContain(status);
      await peer.closed(5_000);
    },
  );
});

describe("RFC 3261 §25.1 octets that are no text", () => {
  it.each([
    ["an overlong form", "\xc0\xaf"],
    ["a lone continuation", "\x80"],
    ["a surrogate", "\xed\xa0\x80"],
    ["above U+10FFFF", "\xf5\x80\x80\x80"],
  ])("UTF-8 that is none in a header field (%s) gets 400", async (_what, octets) => {
    const text = sipText({ headers: { Subject: `x${octets}x` }, body: "bad UTF-8" });
    expect(await overUdp(Buffer.from(text, "latin1"))).toMatchObject({ status: 400 });
  });

  it("a body in UTF-8 that is none is the recipient's to judge, and arrives", async () => {
    const text = sipText({ body: "octets", headers: { "Content-Length": "8" } });
    const octets = Buffer.concat([Buffer.from(text), Buffer.from([0xff, 0xfe])]);
    expect(await overUdp(octets)).toMatchObject({ status: 200 });
  });

  it.each([
    ["the method", (text: string) => text.replace("MESSAGE", "MES\0SAGE")],
    ["the Request-URI", (text: string) => text.replace("bob@", "bo\0b@")],
    ["a field's name", (text: string) => text.replace("Call-ID", "Call\0-ID")],
    ["From", (text: string) => text.replace("mallory", "mal\0lory")],
    ["Call-ID", (text: string) => text.replace("Call-ID: ", "Call-ID: \0")],
  ])("a NUL in %s gets 400 or nothing", async (_where, spoil) => {
    const peer = await rawUdp(besieged.server.ports.sip);
    peer.send(spoil(sipText({ body: "a NUL" })));
    await besieged.mustServe();
    if (peer.arrived !== "") expect(peer.arrived).toMatch(/^SIP\/2\.0 400 /);
    expect(besieged.messagesWith("a NUL")).toEqual([]);
  });

  it("NULs in a body arrive as they were sent", async () => {
    const mark = token();
    expect(await overUdp(sipText({ body: `${mark}\0NUL` }))).toMatchObject({ status: 200 });
    expect(besieged.messagesWith(mark)).toMatchObject([{ text: `${mark}\0NUL` }]);
  });

  it("junk of every length gets no answer", async () => {
    const peer = await rawUdp(besieged.server.ports.sip);
    for (let length = 0; length < 2_000; length += 37) peer.send(Buffer.alloc(length, length % 256));
    await besieged.mustServe();
    expect(peer.arrived).toBe("");
  });
});

describe("PF-54 bodies that want to become large", () => {
  const megabytes = Buffer.alloc(40_000_000, "x");

  it.each([
    ["deflate", deflateSync(megabytes)],
    ["gzip", gzipSync(megabytes)],
    ["deflate", deflateRawSync(megabytes)],
    ["gzip, gzip, gzip", gzipSync(gzipSync(gzipSync(megabytes)))],
  ])(
    "a bomb in Content-Encoding: %s gets 413 where it has to be read, and costs little",
    async (coding, octets) => {
      const before = besieged.residentBytes;
      const cpim = withBody({ "Content-Type": "message/cpim", "Content-Encoding": coding }, octets);
      expect([400, 413, 415, 513]).toContain((await overTcp(cpim)).status);
      expect(besieged.residentBytes - before).toBeLessThan(60_000_000);
    },
  );

  it("what is not what Content-Encoding says gets 400", async () => {
    const cpim = withBody(
      { "Content-Type": "message/cpim", "Content-Encoding": "deflate" },
      Buffer.from("no"),
    );
    expect(await overTcp(cpim)).toMatchObject({ status: 400 });
  });

  it("multipart a thousand levels deep is handled in bounded time", async () => {
    let body = "deep";
    for (let level = 0; level < 1_000; level += 1) {
      const type = level === 0 ? "text/plain" : `multipart/mixed;boundary=b${level - 1}`;
      body = `--b${level}\r\nContent-Type: ${type}\r\n\r\n${body}\r\n--b${level}--`;
    }
    const startedMs = performance.now();
    const headers = { "Content-Type": "multipart/mixed;boundary=b999" };
    const { status } = await overTcp(sipText({ transport: "TCP", headers, body: body.slice(0, 60_000) }));
    // 202: what is too large for a device on UDP is stored, and goes to it in a session.
    expect([200, 202, 400, 413, 415]).toContain(status);
    expect(performance.now() - startedMs).toBeLessThan(5_000);
  });

  it.each([
    ["billion laughs", laughs()],
    ["a file of the server", `<!DOCTYPE imdn [<!ENTITY e SYSTEM "file:///etc/passwd">]><imdn>&e;</imdn>`],
    ["50,000 levels", `${"<a>".repeat(9_000)}${"</a>".repeat(9_000)}`],
  ])("an IMDN with %s in its XML is never expanded", async (_what, xml) => {
    const before = besieged.residentBytes;
    const imdn = { "Content-Type": "message/imdn+xml", "Content-Disposition": "notification" };
    const { status } = await overTcp(sipText({ transport: "TCP", headers: imdn, body: xml }));
    expect(status).toBeLessThan(600);
    const body = cpimWith(["Content-Type: message/imdn+xml", "Content-Disposition: notification"], xml);
    const headers = { "Content-Type": "message/cpim" };
    expect((await overTcp(sipText({ transport: "TCP", headers, body }))).status).toBeLessThan(600);
    expect(besieged.residentBytes - before).toBeLessThan(60_000_000);
    expect(besieged.shown.some(({ text }) => text.includes("root:"))).toBe(false);
  });
});

describe("RFC 3862 CPIM that lies", () => {
  const headers = { "Content-Type": "message/cpim" };

  it("GEN-06 a From in CPIM makes nobody else of the sender", async () => {
    const mark = token();
    const body = cpimWith(["Content-Type: text/plain"], mark);
    const { status } = await overTcp(sipText({ transport: "TCP", headers, body }));
    expect(status).toBe(200);
    expect(besieged.messagesWith(mark)).toMatchObject([{ from: "sip:mallory@elsewhere.example" }]);
  });

  it.each([
    ["no end of its header fields", "From: <sip:mallory@elsewhere.example>\r\nTo: <sip:bob@127.0.0.1>"],
    [
      "a header field without a colon",
      "From <sip:mallory@elsewhere.example>\r\n\r\nContent-Type: text/plain\r\n\r\nx",
    ],
    ["10,000 header fields", `${"X: y\r\n".repeat(8_000)}\r\nContent-Type: text/plain\r\n\r\nx`],
    ["nothing at all", ""],
    ["NULs", "\0".repeat(1_000)],
  ])("a body with %s gets an answer that is no 5xx", async (_what, body) => {
    const { status } = await overTcp(
      sipText({ transport: "TCP", headers, body: body === "" ? "\r\n" : body }),
    );
    expect(status).toBeLessThan(500);
  });
});

describe("GEN-14 what was thrown is counted", () => {
  it("malformed, refused and answered by class", async () => {
    expect(await besieged.count("heliograph_sip_stack_malformed_answered_total")).toBeGreaterThan(50);
    expect(await besieged.count("heliograph_sip_stack_malformed_dropped_total")).toBeGreaterThan(20);
    expect(
      await besieged.count("heliograph_participating_refused_total", 'reason="too-large'),
    ).toBeGreaterThan(0);
    expect(await besieged.count("heliograph_participating_refused_total", 'reason="corrupt-encoding"')).toBe(
      1,
    );
    expect(await besieged.count("heliograph_sip_edge_failures_total")).toBe(0);
    expect(await besieged.count("heliograph_participating_broken_total")).toBe(0);
  });
});

/** A CPIM message that says it is from alice. */
function cpimWith(contentHeaders: readonly string[], content: string): string {
  const own = [
    "From: Alice <sip:alice@127.0.0.1>",
    "To: <sip:bob@127.0.0.1>",
    "NS: imdn <urn:ietf:params:imdn>",
    `imdn.Message-ID: ${token()}`,
    "DateTime: 2020-01-01T00:00:00Z",
  ];
  return [...own, "", ...contentHeaders, "", content].join("\r\n");
}

function laughs(): string {
  const entities = Array.from(
    { length: 12 },
    (_, level) => `<!ENTITY l${level + 1} "${`&l${level};`.repeat(10)}">`,
  ).join("");
  return `<?xml version="1.0"?><!DOCTYPE imdn [<!ENTITY l0 "ha">${entities}]><imdn>&l12;</imdn>`;
}
