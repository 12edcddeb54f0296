import { afterEach, describe, expect, it } from "@jest/globals";
import { type IncomingHead, MessageRefused, type MsrpSessionParts, type Opening } from "../src/index.js";
import { closeAll, rawTcp, send, until } from "./given.js";
import { givenEndpoints, KeptPieces, partsOf, watch } from "./given-endpoints.js";

afterEach(closeAll);

const peerUri = "msrp://127.0.0.1:9/peerpeerpeerpeer;tcp";

/** A listening end with one session, and a raw peer that has not said anything. */
async function given(rest: Partial<MsrpSessionParts> = {}) {
  const { endpoints, clock, portOf } = await givenEndpoints();
  const uri = endpoints.createUri("tcp");
  const bob = watch(endpoints.open(partsOf(uri, peerUri, rest)));
  const peer = await rawTcp(portOf());
  const say = (parts: Parameters<typeof send>[0] = {}) =>
    peer.send(send({ to: uri, from: peerUri, ...parts }));
  const hears = (pattern: RegExp) => until(() => pattern.test(peer.arrivals.text));
  return { ...bob, bob, endpoints, clock, portOf, uri, peer, say, hears };
}

/** The same, where messages are taken piece by piece. */
async function givenTaker(
  open: (head: IncomingHead) => Opening = (head) => new KeptPieces(head),
  rest: Partial<MsrpSessionParts> = {},
) {
  const all = await given(rest);
  const takers: KeptPieces[] = [];
  all.session.onIncoming((head) => {
    const opening = open(head);
    if (opening instanceof KeptPieces) takers.push(opening);
    return opening;
  });
  return { ...all, takers };
}

/** Statuses of the answers, by transaction. */
function answers(text: string): Record<string, number> {
  const found = [...text.matchAll(/MSRP (\S+) (\d{3})(?: [^\r]*)?\r\n/g)];
  return Object.fromEntries(found.map(([, tid = "", status]) => [tid, Number(status)]));
}

describe("RFC 4975 §5.4, §7.3 whose request it is", () => {
  it("MS-06 binds the connection of the first request that belongs to the session", async () => {
    const { session, say, hears, uri } = await given();
    say({ tid: "first001", body: undefined });
    await session.bound;
    await hears(/^MSRP first001 200 OK\r\nTo-Path: msrp:\/\/127\.0\.0\.1:9\/peerpeerpeerpeer;tcp\r\n/);
    await hears(new RegExp(`From-Path: ${uri.replace(/[/.]/g, "\\$&")}\\r\\n-------first001\\$`));
  });

  it("MS-06 answers 481 to requests of no session, and nothing where no answer is wanted", async () => {
    const { say, hears, peer, texts, uri } = await given();
    say({ tid: "none0001", to: "msrp://127.0.0.1:2855/nobody;tcp" });
    say({ tid: "none0002", to: "msrp://127.0.0.1:2855/nobody;tcp", fields: ["Failure-Report: no"] });
    say({ tid: "none0003", to: `${uri} ${uri}` });
    say({ tid: "good0001" });
    await hears(/MSRP good0001 200/);
    expect(answers(peer.arrivals.text)).toEqual({ none0001: 481, none0003: 481, good0001: 200 });
    expect(texts()).toEqual(["hello"]);
  });

  it("MS-06 answers 506 to two connections that claim one session, and goes on with the first", async () => {
    const { say, hears, uri, portOf, texts } = await given();
    say({ tid: "first001" });
    await hears(/MSRP first001 200/);
    const thief = await rawTcp(portOf());
    thief.send(send({ tid: "thief001", to: uri, from: peerUri, body: "mine now" }));
    await until(() => thief.arrivals.text.startsWith("MSRP thief001 506 "));
    say({ tid: "first002", body: "still mine" });
    await hears(/MSRP first002 200/);
    expect(texts()).toEqual(["hello", "still mine"]);
  });

  it("MS-06 answers 481 once the session is closed, or has failed", async () => {
    const { session, say, hears, portOf, peer, uri, failed } = await given();
    say({ tid: "first001" });
    await hears(/MSRP first001 200/);
    peer.socket.destroy();
    await until(() => failed() !== undefined);
    const again = await rawTcp(portOf());
    again.send(send({ tid: "again001", to: uri, from: peerUri }));
    await until(() => again.arrivals.text.startsWith("MSRP again001 481 "));
    session.close();
    again.send(send({ tid: "again002", to: uri, from: peerUri }));
    await until(() => again.arrivals.text.includes("MSRP again002 481 "));
  });

  it("MS-03 answers 501 to a method that nobody knows, and nothing to a REPORT", async () => {
    const { say, hears, peer } = await given();
    say({ tid: "first001", body: undefined });
    say({ tid: "strange1", method: "NICKNAME", body: undefined });
    say({ tid: "report01", method: "REPORT", fields: ["Status: 000 200 OK"], body: undefined });
    say({ tid: "report02", method: "REPORT", fields: ["Status: nonsense"], body: undefined });
    say({ tid: "report03", method: "REPORT", to: "msrp://127.0.0.1:2855/nobody;tcp", body: undefined });
    say({ tid: "first002", body: undefined });
    await hears(/MSRP first002 200/);
    expect(answers(peer.arrivals.text)).toEqual({ first001: 200, strange1: 501, first002: 200 });
  });

  it("MS-03 answers 400 to what cannot be understood, and goes on", async () => {
    const { say, hears, peer, texts } = await given();
    say({ tid: "bad00001", fields: ["no header at all"] });
    say({ tid: "bad00002", range: "0-5/5" });
    say({ tid: "bad00003", range: "9-5/5" });
    say({ tid: "bad00004", fields: ["Success-Report: perhaps"] });
    say({ tid: "bad00005", messageId: "?" });
    say({ tid: "good0001" });
    await hears(/MSRP good0001 200/);
    const bad = [1, 2, 3, 4, 5].map((index) => [`bad0000${index}`, 400] as const);
    expect(answers(peer.arrivals.text)).toEqual({ ...Object.fromEntries(bad), good0001: 200 });
    expect(texts()).toEqual(["hello"]);
  });

  it("MS-17 fails a session that nobody binds, and closes a connection without a session", async () => {
    const { session, clock, failed, peer, say, hears } = await given();
    say({ tid: "none0001", to: "msrp://127.0.0.1:2855/nobody;tcp" });
    await hears(/MSRP none0001 481/);
    clock.advance(33_000);
    expect(failed()).toBe("no connection in time");
    await expect(session.bound).rejects.toThrow("no connection in time");
    await peer.closed;
  });
});

describe("RFC 4975 §7.3.1 what is taken", () => {
  it("MS-16 answers a bodiless SEND and hands nothing over; a body of no octets is a message", async () => {
    const { say, hears, texts } = await given();
    say({ tid: "empty001", body: undefined, range: "1-0/0" });
    say({ tid: "empty002", body: "", range: "1-0/0" });
    await hears(/MSRP empty002 200/);
    expect(texts()).toEqual([""]);
  });

  it("MS-07 puts chunks together in whatever order they come, between those of other messages", async () => {
    const { say, hears, texts, messages } = await given();
    say({ tid: "part0003", messageId: "long0001", range: "9-*/12", body: "ijkl", flag: "$" });
    say({ tid: "part0001", messageId: "long0001", range: "1-*/12", body: "abcdXX", flag: "+" });
    say({ tid: "chat0001", body: "a line" });
    say({ tid: "part0002", messageId: "long0001", range: "5-8/12", body: "efgh", flag: "+" });
    await hears(/MSRP part0002 200/);
    expect(texts()).toEqual(["a line", "abcdefghijkl"]);
    expect(messages[1]?.total).toBe(12);
  });

  it("MS-17 answers 413 to a message that is too large by what it says", async () => {
    const { say, hears, peer, texts } = await given({ maxMessageBytes: 100 });
    say({ tid: "large001", range: "1-*/101", flag: "+" });
    say({ tid: "large002", range: "1-99999999/*", flag: "+" });
    say({ tid: "large003", range: "999-*/*", flag: "+" });
    say({ tid: "small001", range: "1-5/5" });
    await hears(/MSRP small001 200/);
    expect(answers(peer.arrivals.text)).toEqual({
      large001: 413,
      large002: 413,
      large003: 413,
      small001: 200,
    });
    expect(texts()).toEqual(["hello"]);
  });

  it("MS-17 answers 413 in the middle of a chunk whose Byte-Range lies, before its end has come", async () => {
    const { peer, uri, hears, say, texts } = await given({ maxMessageBytes: 1_000 });
    const chunk = send({ tid: "liar0001", to: uri, from: peerUri, range: "1-5/5", body: "y".repeat(50_000) });
    peer.send(chunk.slice(0, 20_000));
    await hears(/MSRP liar0001 413 /);
    peer.send(chunk.slice(20_000));
    say({ tid: "good0001" });
    await hears(/MSRP good0001 200/);
    expect(peer.arrivals.text.match(/liar0001 \d/g)).toHaveLength(1);
    expect(texts()).toEqual(["hello"]);
  });

  it("MS-07 answers 400 to chunks that do not agree on the size or the type", async () => {
    const { say, hears, peer } = await given();
    say({ tid: "size0001", messageId: "size", range: "1-*/10", flag: "+" });
    say({ tid: "size0002", messageId: "size", range: "6-*/11", flag: "$" });
    say({ tid: "type0001", messageId: "type", range: "1-*/10", flag: "+" });
    say({ tid: "type0002", messageId: "type", range: "6-*/10", type: "text/html" });
    await hears(/MSRP type0002 \d/);
    expect(answers(peer.arrivals.text)).toEqual({
      size0001: 200,
      size0002: 400,
      type0001: 200,
      type0002: 400,
    });
  });

  it("MS-53 answers 415 to a type that is not taken, and takes what every end takes", async () => {
    const { say, hears, peer, texts } = await given({ acceptTypes: ["text/plain"] });
    say({ tid: "type0001", type: "image/png" });
    say({ tid: "type0002", type: "image/png", fields: ["Failure-Report: no"] });
    say({ tid: "type0003", type: "message/cpim", body: "From: x" });
    say({ tid: "type0004", type: "multipart/mixed;boundary=x", body: "--x--" });
    say({ tid: "type0005", type: "Text/Plain;charset=utf-8", body: "words" });
    await hears(/MSRP type0005 200/);
    expect(answers(peer.arrivals.text)).toEqual({
      type0001: 415,
      type0003: 200,
      type0004: 200,
      type0005: 200,
    });
    expect(texts()).toEqual(["From: x", "--x--", "words"]);
  });

  it("takes nothing while nobody has said what to do with messages", async () => {
    const { endpoints, portOf } = await givenEndpoints();
    const uri = endpoints.createUri("tcp");
    endpoints.open(partsOf(uri, peerUri));
    const peer = await rawTcp(portOf());
    peer.send(send({ tid: "early001", to: uri, from: peerUri }));
    await until(() => peer.arrivals.text.startsWith("MSRP early001 403 "));
  });
});

describe("RFC 4975 §7.1.2–7.1.4, §7.2 answers and reports", () => {
  it("MS-08 answers as Failure-Report says", async () => {
    const { say, hears, peer } = await given({ maxMessageBytes: 10 });
    say({ tid: "yes00001" });
    say({ tid: "part0001", fields: ["Failure-Report: partial"] });
    say({ tid: "part0002", fields: ["Failure-Report: partial"], range: "1-*/11" });
    say({ tid: "nope0001", fields: ["Failure-Report: no"] });
    say({ tid: "nope0002", fields: ["Failure-Report: no"], range: "1-*/11" });
    say({ tid: "last0001" });
    await hears(/MSRP last0001 200/);
    expect(answers(peer.arrivals.text)).toEqual({ yes00001: 200, part0002: 413, last0001: 200 });
  });

  it("RFC 4975 §7.1.3 reports on a SEND without a body too", async () => {
    const { say, hears } = await given();
    say({ tid: "bind0001", messageId: "bindm001", body: undefined, fields: ["Success-Report: yes"] });
    await hears(/ REPORT\r\n[^$]*Message-ID: bindm001\r\nByte-Range: 1-0\/0\r\nStatus: 000 200 OK\r\n/);
  });

  it("MS-08, MS-49 reports success over all octets, to the whole From-Path, whatever Failure-Report says", async () => {
    const { say, hears, uri } = await given();
    const from = `msrp://relay.example:1/r;tcp ${peerUri}`;
    say({ messageId: "mine0001", range: "1-*/10", flag: "+", from, fields: ["Success-Report: yes"] });
    say({ messageId: "mine0001", range: "6-*/10", from, fields: ["Success-Report: yes"] });
    const escaped = uri.replace(/[/.]/g, "\\$&");
    await hears(
      new RegExp(
        `REPORT\\r\\nTo-Path: msrp://relay\\.example:1/r;tcp ${peerUri}\\r\\nFrom-Path: ${escaped}\\r\\nMessage-ID: mine0001\\r\\nByte-Range: 1-10/10\\r\\nStatus: 000 200 OK\\r\\n-------`,
      ),
    );
    say({ messageId: "mine0002", fields: ["Success-Report: yes", "Failure-Report: no"] });
    await hears(/Message-ID: mine0002\r\nByte-Range: 1-5\/5\r\nStatus: 000 200 OK/);
  });

  it("DF-05 answers the last chunk, and reports, only when who takes the message is done with it", async () => {
    const { session, say, hears, peer } = await given();
    const waiting: (() => void)[] = [];
    session.onMessage(() => new Promise((resolve) => waiting.push(resolve)));
    say({
      tid: "part0001",
      messageId: "mine0001",
      range: "1-*/10",
      flag: "+",
      fields: ["Success-Report: yes"],
    });
    say({ tid: "part0002", messageId: "mine0001", range: "6-*/10", fields: ["Success-Report: yes"] });
    say({ tid: "repeat01", messageId: "mine0001", range: "6-*/10" });
    say({ tid: "other001", body: undefined });
    await hears(/MSRP other001 200/);
    expect(answers(peer.arrivals.text)).toEqual({ part0001: 200, other001: 200 });
    expect(peer.arrivals.text).not.toContain("REPORT");
    waiting[0]?.();
    await hears(/MSRP repeat01 200/);
    await hears(/MSRP part0002 200 OK[\s\S]*Status: 000 200 OK/);
    expect(waiting).toHaveLength(1);
  });

  it("answers what a taker refuses by the status that it names, else 413, and so whatever of it still comes", async () => {
    const { session, say, hears, peer } = await given();
    session.onMessage(({ messageId }) => {
      if (messageId === "thrown01") throw new MessageRefused(403, "Not You");
      const cause = messageId === "named001" ? new MessageRefused(408, "Too Late") : new Error("disk full");
      return Promise.reject(cause);
    });
    say({ tid: "tid00001", messageId: "thrown01" });
    say({ tid: "tid00002", messageId: "named001", fields: ["Success-Report: yes"] });
    say({ tid: "tid00003", messageId: "plain001" });
    await hears(/MSRP tid00003 413/);
    say({ tid: "tid00004", messageId: "plain001" });
    await hears(/MSRP tid00004 413/);
    expect(answers(peer.arrivals.text)).toEqual({
      tid00001: 403,
      tid00002: 408,
      tid00003: 413,
      tid00004: 413,
    });
    expect(peer.arrivals.text).not.toContain("REPORT");
  });

  it("MS-47 acknowledges and reports a message that it had already, and does not hand it over again", async () => {
    const { say, hears, texts } = await given();
    say({ tid: "first001", messageId: "same0001", fields: ["Success-Report: yes"] });
    await hears(/MSRP first001 200/);
    say({ tid: "again001", messageId: "same0001", fields: ["Success-Report: yes"] });
    await hears(/MSRP again001 200[\s\S]*Status: 000 200/);
    expect(texts()).toEqual(["hello"]);
  });

  it("answers a peer that closes its half after its last chunk", async () => {
    const { endpoints, portOf } = await givenEndpoints();
    const uri = endpoints.createUri("tcp");
    const bob = watch(endpoints.open(partsOf(uri, peerUri)));
    const peer = await rawTcp(portOf(), { allowHalfOpen: true });
    peer.socket.end(send({ tid: "last0001", to: uri, from: peerUri }));
    await until(() => /MSRP last0001 200/.test(peer.arrivals.text));
    await until(() => bob.failed() !== undefined);
    expect(bob.texts()).toEqual(["hello"]);
  });

  it("reads no more from a peer that floods with chunks and reads no answers", async () => {
    const { peer, uri, say, hears } = await given();
    say({ tid: "first001" });
    await hears(/MSRP first001 200/);
    peer.socket.pause();
    const flood = Buffer.from(
      Array.from({ length: 200 }, () => send({ to: uri, from: peerUri, body: "x" })).join(""),
    );
    let written = 0;
    while (peer.send(flood) || (await drainedSoon())) {
      written += flood.length;
      if (written > 300 << 20) throw new Error("it reads on");
    }
    peer.socket.resume();
    await until(() => peer.socket.writableLength === 0, 20_000);

    async function drainedSoon(): Promise<boolean> {
      for (let turn = 0; turn < 20 && peer.socket.writableLength > 0; turn += 1)
        await new Promise((resolve) => setTimeout(resolve, 10));
      return peer.socket.writableLength === 0;
    }
  });
});

describe("messages taken piece by piece", () => {
  it("MS-07 hands pieces over at their places, before the message or the chunk is whole", async () => {
    const { peer, uri, takers, say, hears } = await givenTaker();
    const fields = ["Content-Disposition: attachment", "X-Other: y"];
    const first = send({
      tid: "part0001",
      to: uri,
      from: peerUri,
      messageId: "file0001",
      range: "6-*/10",
      fields,
    });
    peer.send(first.slice(0, -14));
    await until(() => takers[0]?.bytes !== undefined && takers[0].bytes > 0);
    expect(takers[0]?.head).toMatchObject({
      messageId: "file0001",
      contentType: "text/plain",
      total: 10,
      mimeFields: [["Content-Disposition", "attachment"]],
    });
    peer.send(first.slice(-14));
    say({ tid: "part0002", messageId: "file0001", range: "1-*/10", body: "first", flag: "+" });
    await hears(/MSRP part0002 200/);
    expect(takers[0]?.size).toBe(10);
    expect(Buffer.from(takers[0]?.octets.subarray(0, 10) ?? []).toString()).toBe("firsthello");
  });

  it("reads nothing and answers nothing while a taker is busy with a piece", async () => {
    let done: (() => void) | undefined;
    const { takers, say, hears, peer, portOf } = await givenTaker((head) => {
      const taker = new KeptPieces(head);
      taker.onWrite = () => new Promise((resolve) => (done = resolve));
      return taker;
    });
    say({ tid: "part0001", messageId: "file0001", range: "1-*/10", flag: "+" });
    await until(() => done !== undefined);
    say({ tid: "chat0001", body: undefined });
    say({ tid: "part0002", messageId: "file0001", range: "6-*/10" });
    const other = await rawTcp(portOf());
    other.send(send({ to: "msrp://127.0.0.1:2855/nobody;tcp" }));
    await until(() => other.arrivals.text.includes(" 481 "));
    expect([peer.arrivals.text, takers[0]?.bytes]).toEqual(["", 5]);
    done?.();
    await hears(/MSRP part0001 200/);
    await until(() => takers[0]?.bytes === 10);
    expect(takers[0]?.size).toBeUndefined();
    done?.();
    await hears(/MSRP part0002 200/);
    expect(takers[0]?.size).toBe(10);
  });

  it("answers 413, or what the taker says, when it fails with a piece, and lets the rest go by", async () => {
    const { takers, say, hears, peer } = await givenTaker((head) => {
      const taker = new KeptPieces(head);
      taker.onWrite = () => {
        if (head.messageId === "later001") return Promise.reject(new MessageRefused(408, "Too Slow"));
        throw new Error("disk full");
      };
      return taker;
    });
    say({ tid: "part0001", messageId: "now00001", range: "1-*/10", flag: "+" });
    say({ tid: "part0002", messageId: "now00001", range: "6-*/10" });
    say({ tid: "part0003", messageId: "later001", range: "1-*/10", flag: "+" });
    await hears(/MSRP part0003 \d/);
    say({ tid: "part0004", messageId: "later001", range: "6-*/10" });
    await hears(/MSRP part0004 \d/);
    expect(answers(peer.arrivals.text)).toEqual({
      part0001: 413,
      part0002: 413,
      part0003: 408,
      part0004: 408,
    });
    expect(takers.map(({ abandoned }) => abandoned)).toEqual(["Message Was Not Taken", "Too Slow"]);
  });

  it("refuses what the taker does not want from its head on", async () => {
    const { say, hears, peer } = await givenTaker((head) => {
      if (head.messageId === "thrown01") throw new MessageRefused(403, "Not You");
      return { refuse: 415 };
    });
    say({ tid: "tid00001", messageId: "thrown01" });
    say({ tid: "tid00002", messageId: "plain001" });
    await hears(/MSRP tid00002 \d/);
    expect(answers(peer.arrivals.text)).toEqual({ tid00001: 403, tid00002: 415 });
  });

  it("MS-11 abandons a message that its sender gives up in the middle, and one whose connection is lost", async () => {
    const { peer, takers, say, hears, failed } = await givenTaker();
    say({ tid: "part0001", messageId: "file0001", range: "1-*/100", flag: "#" });
    say({ tid: "part0002", messageId: "file0002", range: "1-*/100", flag: "+" });
    await hears(/MSRP part0002 200/);
    expect(answers(peer.arrivals.text)).toEqual({ part0001: 200, part0002: 200 });
    expect(takers.map(({ abandoned }) => abandoned)).toEqual(["the sender gave it up", undefined]);
    peer.socket.destroy();
    await until(() => takers[1]?.abandoned !== undefined);
    await until(() => failed() !== undefined);
  });

  it("MS-47 completes a message of which it has the beginning already, and knows one that it has", async () => {
    const { takers, say, hears, peer } = await givenTaker((head) =>
      head.messageId === "known001" ? { isKnown: true } : new KeptPieces(head, Buffer.from("hello")),
    );
    say({ tid: "part0001", messageId: "file0001", range: "4-*/10", body: "lo youu" });
    await hears(/MSRP part0001 \d/);
    say({ tid: "part0002", messageId: "file0002", range: "6-*/10", body: "again" });
    say({ tid: "known001", messageId: "known001", fields: ["Success-Report: yes"] });
    await hears(/MSRP known001 200[\s\S]*Status: 000 200/);
    expect(answers(peer.arrivals.text)).toEqual({ part0001: 200, part0002: 200, known001: 200 });
    expect(takers.map(({ size }) => size)).toEqual([10, 10]);
    expect(Buffer.from(takers[1]?.octets.subarray(0, 10) ?? []).toString()).toBe("helloagain");
  });

  it("MS-17 bounds open messages, gaps and sizes", async () => {
    const { say, hears, peer } = await givenTaker(undefined, { maxMessageBytes: 100_000 });
    for (let index = 0; index < 65; index += 1)
      say({ tid: `open${1000 + index}`, messageId: `open${1000 + index}`, range: "1-*/10", flag: "+" });
    await hears(/MSRP open1064 \d/);
    expect(answers(peer.arrivals.text)["open1063"]).toBe(200);
    expect(answers(peer.arrivals.text)["open1064"]).toBe(413);
    for (let index = 1; index < 1_100; index += 1)
      say({
        tid: `gaps${1000 + index}`,
        messageId: "open1000",
        range: `${index * 20}-*/*`,
        flag: "+",
        body: "x",
      });
    await hears(/MSRP gaps2099 \d/);
    expect(answers(peer.arrivals.text)["gaps1100"]).toBe(200);
    expect(answers(peer.arrivals.text)["gaps2099"]).toBe(413);
  });
});
