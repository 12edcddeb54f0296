import { describe, expect, it } from "@jest/globals";
import { type Framed, parseMessage, StreamFramer } from "@heliograph/sip";
import { messageText, toBytes } from "./parsed.js";

const message = (body = "") => messageText({ "Content-Length": String(Buffer.byteLength(body)) }, body);
const kinds = (framed: readonly Framed[]) => framed.map(({ kind }) => kind);
const texts = (framed: readonly Framed[]) =>
  framed.map((frame) => (frame.kind === "message" ? Buffer.from(frame.bytes).toString() : frame.kind));

function fault(text: string, limits = {}) {
  const framed = new StreamFramer(limits).push(toBytes(text));
  const last = framed.at(-1);
  if (last?.kind !== "malformed") throw new Error(`was accepted: ${kinds(framed).join()}`);
  return last.error;
}

describe("RFC 3261 §18.3 Framing of a stream", () => {
  it("cuts messages by Content-Length, in whatever pieces they come", () => {
    const stream = toBytes(message("hello") + message() + message("дa\r\n\r\n"));
    const expected = [message("hello"), message(), message("дa\r\n\r\n")];
    for (const size of [1, 2, 3, 7, 100, 331, stream.length]) {
      const framer = new StreamFramer();
      const framed: Framed[] = [];
      for (let at = 0; at < stream.length; at += size)
        framed.push(...framer.push(stream.subarray(at, at + size)));
      expect(texts(framed)).toEqual(expected);
      expect(framer.waitingBytes).toBe(0);
    }
  });

  it("gives messages whose bytes do not change when more comes", () => {
    const framer = new StreamFramer();
    const text = message("first");
    framer.push(toBytes(text.slice(0, 50)));
    const [first] = framer.push(toBytes(text.slice(50) + message("x").slice(0, 20)));
    framer.push(toBytes(message("x").slice(20) + message("other")));
    expect(texts(first ? [first] : [])).toEqual([text]);
  });

  it.each(["l: 5", "L : 5", "Content-Length:\r\n 5", "CONTENT-LENGTH\t:5  "])("understands %s", (field) => {
    const text = messageText().replace("\r\n\r\n", `\r\n${field}\r\n\r\nhello`);
    const [framed] = new StreamFramer().push(toBytes(text));
    if (framed?.kind !== "message") throw new Error("no message");
    expect(parseMessage(framed.bytes, { framing: "stream" })).toMatchObject({ ok: true });
  });

  it.each([
    ["no Content-Length", messageText(), 400],
    ["two of them", message("a").replace("\r\n\r\n", "\r\nl: 1\r\n\r\n"), 400],
    ["a negative one", messageText({ "Content-Length": "-5" }), 400],
    ["one in words", messageText({ "Content-Length": "five" }), 400],
    ["one beyond the limit", messageText({ "Content-Length": "99999999999999999999" }), 413],
  ])("%s cannot be recovered from: it is answered, and nothing after it is read", (_, text, status) => {
    const framer = new StreamFramer();
    const framed = framer.push(toBytes(text + message()));
    expect(framed).toMatchObject([
      { kind: "malformed", error: { status, answerable: { method: "MESSAGE" } } },
    ]);
    expect(framer.push(toBytes(message()))).toEqual([]);
    expect(framer.waitingBytes).toBe(0);
  });

  it("a head that never ends is refused at the limit, with the answer for who sent it", () => {
    const framer = new StreamFramer({ maxHeaderBytes: 2000 });
    const bomb = toBytes(messageText().slice(0, -2) + "X-Filler: aaaaaaaaaaaaaaaa\r\n".repeat(100));
    const framed: Framed[] = [];
    for (let at = 0; at < bomb.length; at += 10) framed.push(...framer.push(bomb.subarray(at, at + 10)));
    expect(framed).toMatchObject([
      { kind: "malformed", error: { status: 513, answerable: { method: "MESSAGE" } } },
    ]);
  });

  it("a head that comes octet by octet costs no more than in proportion to its length", () => {
    const framer = new StreamFramer();
    const bomb = toBytes(`X: ${"a".repeat(60_000)}`);
    const start = performance.now();
    for (let at = 0; at < bomb.length; at += 1) framer.push(bomb.subarray(at, at + 1));
    expect(performance.now() - start).toBeLessThan(1000);
    expect(framer.waitingBytes).toBe(bomb.length);
  });

  it("holds what came, never what was promised", () => {
    const framer = new StreamFramer();
    framer.push(toBytes(messageText({ "Content-Length": "200000" }, "hello")));
    expect(framer.waitingBytes).toBeLessThan(1000);
  });

  it("refuses a message that is too large as a whole", () => {
    expect(fault(message("hello"), { maxMessageBytes: 150 })).toMatchObject({ status: 513 });
  });

  it("bytes that are no text end in 400", () => {
    expect(fault(`\x16\x03\x01${"\0".repeat(300)}\r\n\r\n`)).toMatchObject({ status: 400 });
    expect(fault("GET / HTTP/1.1\r\nHost: x\r\n\r\n")).toMatchObject({ status: 400 });
    expect(fault("\nMESSAGE")).toMatchObject({ status: 400, rule: "CRLF" });
    expect(fault("\rMESSAGE")).toMatchObject({ status: 400, rule: "CRLF" });
  });
});

describe("RFC 5626 §3.5.1 CRLF Keep-Alive and §5.4", () => {
  it("a double CRLF between messages is a ping, a single one a pong", () => {
    const framer = new StreamFramer();
    expect(kinds(framer.push(toBytes("\r\n\r\n")))).toEqual(["ping"]);
    expect(kinds(framer.push(toBytes(message("a"))))).toEqual(["message"]);
    expect(kinds(framer.push(toBytes("\r\n")))).toEqual(["pong"]);
    expect(texts(framer.push(toBytes(`\r\n${message("b")}`)))).toEqual(["ping", message("b")]);
  });

  it("a ping in pieces is still a ping (R-sip-4)", () => {
    const framer = new StreamFramer();
    expect(["\r", "\n", "\r", "\n"].flatMap((piece) => kinds(framer.push(toBytes(piece))))).toEqual([
      "pong",
      "ping",
    ]);
    expect(kinds(framer.push(toBytes("\r\n")))).toEqual(["pong"]);
  });

  it("line breaks within a body are not keep-alives", () => {
    const framer = new StreamFramer();
    const text = message("\r\n\r\n\r\n\r\n");
    expect(
      kinds([...framer.push(toBytes(text.slice(0, -8))), ...framer.push(toBytes(text.slice(-8)))]),
    ).toEqual(["message"]);
  });

  it("a flood of pings in one piece asks for one pong", () => {
    expect(kinds(new StreamFramer().push(toBytes("\r\n".repeat(30_000))))).toEqual(["ping"]);
  });
});
