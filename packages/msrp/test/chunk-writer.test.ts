import { describe, expect, it } from "@jest/globals";
import {
  type BodySource,
  bytesSource,
  ChunkWriter,
  createWholeMessages,
  OpenTransactions,
  type OutgoingMessage,
  parseIdent,
  readSend,
  responseTimeoutMs,
  type WrittenChunk,
} from "@heliograph/msrp";
import { FakeClock } from "@heliograph/testkit";
import * as fc from "fast-check";
import { readAll } from "./recording-sink.js";

function ident(text: string) {
  const read = parseIdent(text);
  if (!read) throw new Error(text);
  return read;
}

function chance() {
  let count = 0;
  return { token: () => `tid${(count += 1).toString().padStart(8, "0")}` };
}

function message(id: string, size: number | BodySource, session = "s1"): OutgoingMessage {
  return {
    session,
    messageId: ident(id),
    toPath: ["msrp://b:1/x;tcp"],
    from: "msrp://a:1/y;tcp",
    content: { type: "text/plain" },
    body: typeof size === "number" ? bytesSource(new Uint8Array(size).fill(0x61)) : size,
  };
}

function drain(writer: ChunkWriter, most = 10_000): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let count = 0; count < most; count += 1) {
    const portion = writer.next();
    if (!portion) return pieces;
    pieces.push(...portion.pieces);
  }
  return pieces;
}

/** Message-ID, range, length and flag of each chunk. */
function chunksIn(pieces: readonly Uint8Array[]): string[] {
  const { chunks, malformed, broken } = readAll(pieces);
  expect([malformed, broken]).toEqual([[], undefined]);
  return chunks.map(({ head, body, flag }) => {
    if (head.kind === "response") return String(head.status);
    return `${head.fields.get("Message-ID")} ${head.fields.get("Byte-Range")} ${body.length}${flag}`;
  });
}

const answer = Buffer.from(
  "MSRP abcd 200 OK\r\nTo-Path: msrp://b:1/x;tcp\r\nFrom-Path: msrp://a:1/y;tcp\r\n-------abcd$\r\n",
);

describe("RFC 4975 §7.1.1 Sending SEND Requests, MS-50", () => {
  it("sends what fits in 2048 octets with its range, and more in one chunk that can be interrupted", () => {
    const writer = new ChunkWriter({ chance: chance() });
    writer.send(message("small", 2048));
    writer.send(message("large", 100_000));
    expect(chunksIn(drain(writer))).toEqual(["small 1-2048/2048 2048$", "large 1-*/100000 100000$"]);
    expect(writer.next()).toBeUndefined();
  });

  it("sends an empty message", () => {
    const writer = new ChunkWriter({ chance: chance() });
    writer.send(message("empty", 0));
    expect(chunksIn(drain(writer))).toEqual(["empty 1-0/0 0$"]);
  });

  it("interrupts a file for a chat line, which waits for one slice at most", () => {
    const writer = new ChunkWriter({ chance: chance(), sliceBytes: 4096 });
    writer.send(message("file", 20_000));
    const pieces = drain(writer, 2);
    writer.send(message("chat", 5));
    expect(chunksIn([...pieces, ...drain(writer)])).toEqual([
      "file 1-*/20000 8192+",
      "chat 1-5/5 5$",
      "file 8193-*/20000 11808$",
    ]);
  });

  it("interrupts a chunk for a response or REPORT, in its own session or another, and never below 2048 octets", () => {
    const writer = new ChunkWriter({ chance: chance(), sliceBytes: 1 });
    writer.send(message("file", 5000));
    const pieces = drain(writer, 1);
    writer.sendUrgent(answer);
    expect(chunksIn([...pieces, ...drain(writer)])).toEqual([
      "file 1-*/5000 2048+",
      "200",
      "file 2049-*/5000 2952$",
    ]);
  });

  it("lets sessions that share the connection take turns", () => {
    const writer = new ChunkWriter({ chance: chance(), sliceBytes: 10_000 });
    writer.send(message("one1", 30_000, "s1"));
    writer.send(message("two2", 30_000, "s2"));
    const order = chunksIn(drain(writer)).map((chunk) => chunk.slice(0, 4));
    expect(order).toEqual(["one1", "two2", "one1", "two2", "one1", "two2"]);
  });

  it("goes on with others while a source has nothing", () => {
    const octets = new Uint8Array(5000);
    let isReady = false;
    const slow: BodySource = {
      size: undefined,
      read: (from, most) =>
        from > 0 && !isReady ? "later" : octets.subarray(from, from + Math.min(most, 3000)),
    };
    const writer = new ChunkWriter({ chance: chance() });
    writer.send(message("slow", slow));
    const pieces = drain(writer);
    writer.send(message("chat", 5, "s2"));
    pieces.push(...drain(writer));
    isReady = true;
    pieces.push(...drain(writer));
    expect(chunksIn(pieces)).toEqual(["slow 1-*/* 3000+", "chat 1-5/5 5$", "slow 3001-*/* 2000$"]);
  });
});

describe("MS-10 MS-11 giving a message up", () => {
  it("ends the running chunk with #, and one that was interrupted in a chunk of its own", () => {
    const writer = new ChunkWriter({ chance: chance(), sliceBytes: 4096 });
    writer.send(message("file", 50_000));
    const pieces = drain(writer, 1);
    writer.giveUp("s1", ident("file"));
    expect(chunksIn([...pieces, ...drain(writer)])).toEqual(["file 1-*/50000 4096#"]);
    writer.send(message("next", 50_000));
    const more = drain(writer, 1);
    writer.sendUrgent(answer);
    more.push(...drain(writer, 1));
    writer.giveUp("s1", ident("next"));
    expect(chunksIn([...more, ...drain(writer)])).toEqual([
      "next 1-*/50000 4096+",
      "200",
      "next 4097-*/50000 0#",
    ]);
  });

  it("says nothing of a message that was not begun, and ends a session with its chunk", () => {
    const writer = new ChunkWriter({ chance: chance() });
    writer.send(message("wait", 50_000));
    writer.giveUp("s1", ident("wait"));
    expect(writer.next()).toBeUndefined();
    writer.send(message("file", 50_000));
    writer.send(message("more", 50_000));
    const pieces = drain(writer, 1);
    writer.dropSession("s1");
    expect(chunksIn([...pieces, ...drain(writer)])).toEqual(["file 1-*/50000 16384#"]);
  });
});

describe("MS-01 an end-line in the body", () => {
  it("is met with another transaction identifier", () => {
    const writer = new ChunkWriter({ chance: chance() });
    writer.send(message("trap", bytesSource(Buffer.from("x\r\n-------htid00000001$\r\ny"))));
    const { chunks } = readAll(drain(writer));
    expect(chunks).toMatchObject([{ head: { tid: "htid00000002" }, flag: "$" }]);
  });

  it("ends a chunk where it comes later, also on the seam of two slices", () => {
    const trap = Buffer.from("\r\n-------htid00000001$\r\n");
    for (let at = 2000; at < 2120; at += 1) {
      const body = Buffer.alloc(6000, "x");
      trap.copy(body, at);
      const writer = new ChunkWriter({ chance: chance(), sliceBytes: 2048 });
      writer.send(message("trap", bytesSource(body)));
      const { chunks, malformed, broken } = readAll(drain(writer));
      expect([malformed, broken]).toEqual([[], undefined]);
      expect(chunks.map((chunk) => chunk.body).join("")).toBe(body.toString("latin1"));
    }
  });

  it("throws when every identifier is in it", () => {
    const writer = new ChunkWriter({ chance: { token: () => "same" } });
    writer.send(message("trap", bytesSource(Buffer.from("-------hsame"))));
    expect(() => writer.next()).toThrow("keep occurring");
  });
});

describe("MS-07 messages in chunks", () => {
  it("arrive whole, however they are interleaved and the connection splits them", () => {
    const plan = fc.array(
      fc.record({ size: fc.nat(9000), session: fc.constantFrom("s1", "s2"), after: fc.nat(5) }),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(plan, fc.integer({ min: 1, max: 3000 }), (messages, width) => {
        const writer = new ChunkWriter({ chance: chance(), sliceBytes: 2048 });
        const pieces: Uint8Array[] = [];
        for (const [index, { size, session, after }] of messages.entries()) {
          writer.send(message(`id${100 + index}`, size, session));
          pieces.push(...drain(writer, after));
          if (after === 3) writer.sendUrgent(answer);
        }
        const bytes = Buffer.concat([...pieces, ...drain(writer)]);
        const split: Uint8Array[] = [];
        for (let at = 0; at < bytes.length; at += width) split.push(bytes.subarray(at, at + width));
        const incoming = createWholeMessages({
          maxBytes: 10_000,
          maxPieces: 10,
          maxOpen: 10,
          maxHeldBytes: 1e6,
          maxRemembered: 10,
        });
        const got = new Map<string, number>();
        for (const { head, body, flag } of readAll(split).chunks) {
          const send = head.kind === "request" ? readSend(head) : undefined;
          if (!send?.ok || (flag !== "$" && flag !== "+")) continue;
          incoming.begin(send.value);
          incoming.write(Buffer.from(body, "latin1"));
          const outcome = incoming.end(flag);
          if (outcome.kind === "complete") got.set(outcome.messageId, outcome.store.content().length);
        }
        expect(got).toEqual(new Map(messages.map(({ size }, index) => [`id${100 + index}`, size])));
      }),
      { numRuns: 100 },
    );
  });
});

describe("MS-09 the time that a response may take", () => {
  const written = (failureReport: "yes" | "partial" | "no", tid: string): WrittenChunk => ({
    tid: ident(tid),
    message: { ...message("chat", 5), failureReport },
    range: { start: 1, end: 5, total: 5 },
    flag: "$",
  });

  it("is 30 seconds from the last octet on for Failure-Report yes; nothing else is timed", () => {
    const clock = new FakeClock();
    const late: string[] = [];
    const open = new OpenTransactions(clock, ({ tid }) => late.push(tid));
    open.add(written("yes", "aaaa"));
    clock.advance(10_000);
    for (const [report, tid] of [
      ["yes", "bbbb"],
      ["partial", "cccc"],
      ["no", "dddd"],
      ["yes", "eeee"],
    ] as const)
      open.add(written(report, tid));
    expect(open.answer("eeee")?.tid).toBe("eeee");
    expect(open.answer("dddd")).toBeUndefined();
    clock.advance(responseTimeoutMs - 10_001);
    expect(late).toEqual([]);
    clock.advance(1);
    expect(late).toEqual(["aaaa"]);
    clock.advance(10_000);
    expect([late, open.size, clock.armed]).toEqual([["aaaa", "bbbb"], 0, 0]);
  });

  it("is over when the connection is gone, MS-47", () => {
    const clock = new FakeClock();
    const open = new OpenTransactions(clock, () => expect("no timeout").toBe(""));
    open.add(written("yes", "aaaa"));
    expect(open.close().map(({ tid }) => tid)).toEqual(["aaaa"]);
    expect(clock.armed).toBe(0);
  });
});
