import { describe, expect, it } from "@jest/globals";
import { answerTo, givenRelay, givenSession, type Party, sendOf } from "./given.js";

const given = async () => {
  const relay = await givenRelay();
  return { relay, ...(await givenSession(relay)) };
};

/** A request of Alice as it stands. */
const raw = ({ to, from }: Party, startLine: string, ...rest: string[]) =>
  [startLine, `To-Path: ${to}`, `From-Path: ${from}`, ...rest, ""].join("\r\n");

describe("RFC 4975 §7, §10: MS-03 what is wrong has its status, and costs nothing else", () => {
  it.each<[string, (alice: Party) => string, number]>([
    ["an unknown method", (alice) => raw(alice, "MSRP bad00001 NICKNAME", "-------bad00001$"), 501],
    ["a method of our own invention", (alice) => raw(alice, "MSRP bad00001 XYZZY", "-------bad00001$"), 501],
    [
      "no Message-ID",
      (alice) => raw(alice, "MSRP bad00001 SEND", "Content-Type: text/plain", "", "x", "-------bad00001$"),
      400,
    ],
    ["a Byte-Range that ends before it begins", (alice) => sendOf(alice, { range: "9-2/10" }), 400],
    ["a Byte-Range beyond its total", (alice) => sendOf(alice, { range: "1-20/10" }), 400],
    ["a Byte-Range of no number", (alice) => sendOf(alice, { range: "0-x/10" }), 400],
    ["a start beyond every number", (alice) => sendOf(alice, { range: "9999999999999999-*/*" }), 400],
    ["a start beyond every size", (alice) => sendOf(alice, { range: "999999999999999-*/*" }), 413],
    ["two Message-IDs", (alice) => sendOf(alice, { fields: ["Message-ID: another1"] }), 400],
    ["a Failure-Report of nothing", (alice) => sendOf(alice, { fields: ["Failure-Report: maybe"] }), 400],
    ["a Success-Report of nothing", (alice) => sendOf(alice, { fields: ["Success-Report: maybe"] }), 400],
    [
      "a body without a type",
      (alice) => raw(alice, "MSRP bad00001 SEND", "Message-ID: m123", "", "x", "-------bad00001$"),
      400,
    ],
    ["a header without a name", (alice) => sendOf(alice, { fields: [": x"] }), 400],
  ])("%s", async (_, request, status) => {
    const { alice, bob } = await given();
    alice.connection.feed(request(alice));
    expect(alice.connection.take()).toContain(` ${status} `);
    expect(bob.connection.take()).toBe("");
    alice.connection.feed(sendOf(alice));
    const received = bob.connection.take();
    expect(received).toContain("hello");
    bob.connection.feed(answerTo(received, 200, "OK"));
    expect(alice.connection.take()).toContain(" 200 OK");
  });

  it("nothing ever answers a REPORT, malformed or not", async () => {
    const { alice, bob } = await given();
    alice.connection.feed(raw(alice, "MSRP rep00001 REPORT", ": x", "-------rep00001$"));
    alice.connection.feed(raw(alice, "MSRP rep00002 REPORT", "Status: nonsense", "-------rep00002$"));
    expect(alice.connection.take()).toBe("");
    expect(bob.connection.take()).toContain("Status: nonsense");
  });

  it("a REPORT with a body beyond all bounds is not carried to its end, and the rest goes on", async () => {
    const { alice, bob } = await given();
    const body = "x".repeat(20_000);
    alice.connection.feed(
      raw(
        alice,
        "MSRP rep00001 REPORT",
        "Message-ID: m123",
        "Content-Type: text/plain",
        "",
        body,
        "-------rep00001$",
      ),
    );
    alice.connection.feed(sendOf(alice));
    expect(bob.connection.take()).toMatch(/hello\r\n-------\w+\$\r\n$/);
  });

  it.each([
    ["no MSRP at all", "GET / HTTP/1.1\r\n\r\n"],
    [
      "a request that says not from whom",
      "MSRP who00001 SEND\r\nTo-Path: msrp://x:1/y;tcp\r\n-------who00001$\r\n",
    ],
    ["a head without an end", `MSRP end00001 SEND\r\n${"X: y\r\n".repeat(4_000)}`],
  ])("%s ends the connection, and that is the end of the session", async (_, octets) => {
    const { relay, alice, bob } = await given();
    alice.connection.feed(octets);
    alice.connection.feed(sendOf(alice));
    expect(bob.connection.take()).toBe("");
    expect(relay.metrics.text()).toMatch(/heliograph_msrp_relay_malformed_total 1\n/);
  });

  it("a flood of chunks of nothing is carried as it came, and answered once each", async () => {
    const { alice, bob } = await given();
    let flood = "";
    for (let chunk = 0; chunk < 500; chunk += 1)
      flood += sendOf(alice, { messageId: "flood001", range: "1-*/*", body: "", flag: "+" });
    alice.connection.feed(flood);
    const carried = bob.connection.written.splice(0);
    expect(carried).toHaveLength(500);
    for (const chunk of carried) bob.connection.feed(answerTo(chunk, 200));
    expect(alice.connection.take().match(/ 200 /g)).toHaveLength(500);
  });

  it("octets in any cut mean the same", async () => {
    const wire = async (size: number) => {
      const { alice, bob } = await given();
      const sent = Buffer.from(
        sendOf(alice, { tid: "cut00001", messageId: "m0001", body: "some\r\n-------cut00001 text" }) +
          sendOf(alice, { tid: "cut00002", messageId: "m0002", body: "other" }),
      );
      for (let at = 0; at < sent.length; at += size) alice.connection.feed(sent.subarray(at, at + size));
      return bob.connection
        .take()
        .split(/-------\w+\$\r\n/)
        .map((chunk) => chunk.slice(chunk.indexOf("\r\n\r\n")));
    };
    const whole = await wire(10_000);
    for (const size of [1, 2, 3, 7, 50, 200]) expect(await wire(size)).toEqual(whole);
  });
});
