import { describe, expect, it } from "@jest/globals";
import {
  createWholeMessages,
  type IncomingLimits,
  MessageAssembly,
  OctetRanges,
  parseByteRange,
  parseIdent,
  readReport,
  readSend,
  type Send,
} from "@heliograph/msrp";
import * as fc from "fast-check";
import { requestIn } from "./recording-sink.js";

const paths = ["To-Path: msrp://b:1/x;tcp", "From-Path: msrp://a:1/y;tcp"];
const limits: IncomingLimits = {
  maxBytes: 1000,
  maxPieces: 4,
  maxOpen: 2,
  maxHeldBytes: 1500,
  maxRemembered: 2,
};

function sendOf(
  range: string | undefined,
  id = "m123",
  contentType: string | undefined = "text/plain",
): Send {
  const messageId = parseIdent(id);
  const parsed = range === undefined ? undefined : parseByteRange(range);
  if (!messageId || (parsed && !parsed.ok)) throw new Error("bad test data");
  return {
    messageId,
    byteRange: parsed?.value,
    failureReport: "yes",
    wantsSuccessReport: false,
    contentType,
  };
}

function receive(
  incoming: ReturnType<typeof createWholeMessages>,
  send: Send,
  text: string,
  flag: "$" | "+" | "#",
) {
  incoming.begin(send);
  incoming.write(Buffer.from(text));
  return incoming.end(flag);
}

describe("RFC 4975 §7.3.1 Receiving SEND Requests, MS-07", () => {
  it("reads the ranges of the grammar and none that cannot be", () => {
    expect(parseByteRange("1-*/8")).toMatchObject({ value: { start: 1, end: undefined, total: 8 } });
    expect(parseByteRange("1-0/0")).toMatchObject({ value: { start: 1, end: 0, total: 0 } });
    const bad = ["0-1/1", "1-2", "5-3/9", "1-9/8", "10-*/8", "-1-2/3", "1-2/3x", "9007199254740993-*/*", ""];
    for (const text of bad) expect(parseByteRange(text).ok).toBe(false);
  });

  it("puts the two chunks of §5.1 together in either order", () => {
    for (const isReversed of [false, true]) {
      const incoming = createWholeMessages(limits);
      const chunks = [
        () => receive(incoming, sendOf("1-*/8"), "abcd", "+"),
        () => receive(incoming, sendOf("5-8/8"), "EFGH", "$"),
      ];
      const [first, second] = (isReversed ? chunks.reverse() : chunks).map((chunk) => chunk());
      expect(first).toMatchObject({ kind: "part" });
      expect(second).toMatchObject({ kind: "complete" });
      if (second?.kind === "complete")
        expect(Buffer.from(second.store.content()).toString()).toBe("abcdEFGH");
      expect(incoming.heldBytes).toBe(0);
    }
  });

  it("believes the octets that came, not the range that was announced, as in §11.1", () => {
    const incoming = createWholeMessages(limits);
    incoming.begin(sendOf("1-16/16"));
    incoming.write(Buffer.from("Hi, I'm Alice!"));
    expect(incoming.chunkRange).toEqual({ start: 1, end: 14, total: 16 });
    expect(incoming.end("$").kind).toBe("complete");
  });

  it("puts any chunks together as writing them into one buffer would", () => {
    const chunk = fc.record({ start: fc.nat(60), text: fc.uint8Array({ minLength: 1, maxLength: 30 }) });
    fc.assert(
      fc.property(
        fc.array(chunk, { maxLength: 14 }),
        fc.uint8Array({ minLength: 100, maxLength: 100 }),
        (chunks, base) => {
          const assembly = new MessageAssembly({ maxBytes: 1000, maxPieces: 50 });
          const model = new Map<number, number>();
          for (const { start, text } of chunks) {
            assembly.begin({ start: start + 1, end: undefined, total: undefined });
            for (const half of [text.subarray(0, text.length >> 1), text.subarray(text.length >> 1)])
              expect(assembly.write(half)).toBeUndefined();
            assembly.end("+");
            for (const [index, byte] of text.entries()) model.set(start + index, byte);
            expect(assembly.heldBytes).toBe(model.size);
          }
          const inOrder = [...model].sort(([one], [other]) => one - other).map(([, byte]) => byte);
          expect([...assembly.content()]).toEqual(inOrder);
          assembly.begin({ start: 1, end: undefined, total: undefined });
          assembly.write(base);
          assembly.end("$");
          expect(assembly.isComplete).toBe(true);
          expect([...assembly.content()]).toEqual([...base]);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("refuses totals that contradict each other, and octets beyond the end", () => {
    const totals = createWholeMessages(limits);
    receive(totals, sendOf("1-*/8"), "abcd", "+");
    expect(totals.begin(sendOf("5-*/9"))).toMatchObject({ status: 400 });
    const beyond = createWholeMessages(limits);
    receive(beyond, sendOf("5-8/8"), "EFGH", "$");
    expect(receive(beyond, sendOf("1-*/8"), "abcdefghi", "+")).toMatchObject({
      kind: "refused",
      refusal: { status: 400 },
    });
    const types = createWholeMessages(limits);
    receive(types, sendOf("1-*/8"), "abcd", "+");
    expect(types.begin(sendOf("5-8/8", "m123", "text/html"))).toMatchObject({ status: 400 });
  });
});

describe("MS-17 limits of size", () => {
  it("refuses a message over the limit with 413, before its octets come and while they come", () => {
    expect(createWholeMessages(limits).begin(sendOf("1-*/1001"))).toMatchObject({ status: 413 });
    expect(createWholeMessages(limits).begin(sendOf("5000-*/*"))).toMatchObject({ status: 413 });
    const incoming = createWholeMessages(limits);
    incoming.begin(sendOf("1-*/*"));
    expect(incoming.write(new Uint8Array(1000))).toBeUndefined();
    expect(incoming.write(new Uint8Array(1))).toMatchObject({ status: 413 });
    expect(incoming.heldBytes).toBe(0);
    expect(incoming.end("+")).toMatchObject({ kind: "refused" });
    expect(incoming.begin(sendOf("1002-*/*"))).toMatchObject({ status: 413 });
    expect(incoming.end("$")).toMatchObject({ kind: "refused" });
  });

  it("holds no more than it received of a range that lies, and no more than its share of all messages", () => {
    const incoming = createWholeMessages(limits);
    receive(incoming, sendOf("990-*/*", "aaaa"), "x", "+");
    expect(incoming.heldBytes).toBe(1);
    receive(incoming, sendOf("1-*/*", "bbbb"), "y".repeat(900), "+");
    expect(incoming.begin(sendOf("1-*/*", "cccc"))).toMatchObject({ status: 413 });
    expect(receive(incoming, sendOf("1-*/*", "aaaa"), "z".repeat(700), "+")).toMatchObject({
      kind: "refused",
    });
    expect(incoming.heldBytes).toBe(900);
  });

  it("bounds the gaps of a message, but not chunks that come backwards", () => {
    const scattered = new MessageAssembly(limits);
    const write = (assembly: MessageAssembly, start: number) => {
      assembly.begin({ start, end: undefined, total: undefined });
      return assembly.write(Uint8Array.of(1));
    };
    const refusals = [1, 3, 5, 7, 9].map((start) => write(scattered, start)?.status);
    expect(refusals).toEqual([undefined, undefined, undefined, undefined, 413]);
    const backwards = new MessageAssembly(limits);
    for (let start = 100; start > 0; start -= 1) expect(write(backwards, start)).toBeUndefined();
    expect(backwards.heldBytes).toBe(100);
  });
});

describe("MS-11 abort", () => {
  it("forgets what came of a message that ends with #", () => {
    const incoming = createWholeMessages(limits);
    receive(incoming, sendOf("1-*/8"), "abcd", "+");
    expect(receive(incoming, sendOf("5-*/8"), "e", "#")).toEqual({ kind: "aborted", messageId: "m123" });
    expect(incoming.heldBytes).toBe(0);
  });
});

describe("MS-47 a message that comes again", () => {
  it("is told from a new one, for as many as are remembered", () => {
    const incoming = createWholeMessages(limits);
    expect(receive(incoming, sendOf(undefined, "aaaa"), "x", "$").kind).toBe("complete");
    expect(receive(incoming, sendOf(undefined, "aaaa"), "x", "$")).toEqual({
      kind: "duplicate",
      messageId: "aaaa",
    });
    expect(incoming.chunkRange).toEqual({ start: 1, end: 1, total: undefined });
    receive(incoming, sendOf(undefined, "bbbb"), "x", "$");
    receive(incoming, sendOf(undefined, "cccc"), "x", "$");
    expect(receive(incoming, sendOf(undefined, "aaaa"), "x", "$").kind).toBe("complete");
  });
});

describe("MS-16 keep-alive", () => {
  it("is a SEND without body, which is no message", () => {
    const incoming = createWholeMessages(limits);
    const { contentType: _, ...rest } = sendOf("1-0/0");
    incoming.begin({ ...rest, contentType: undefined });
    expect(incoming.end("$")).toEqual({ kind: "bodiless" });
    expect(receive(incoming, sendOf("1-0/0", "eeee"), "", "$").kind).toBe("complete");
  });
});

describe("RFC 4975 §7.1.3 Generating Success Reports, MS-08", () => {
  it("adds reported ranges up, in whatever order and however they overlap", () => {
    const ranges = new OctetRanges();
    expect(ranges.covers(0)).toBe(true);
    ranges.add({ start: 5, end: 8 });
    ranges.add({ start: 1, end: 2 });
    expect(ranges.covers(8)).toBe(false);
    ranges.add({ start: 2, end: 6 });
    expect(ranges.covers(8)).toBe(true);
    expect(ranges.covers(9)).toBe(false);
    ranges.add({ start: 20, end: undefined });
    const bounded = new OctetRanges(1);
    expect([bounded.add({ start: 1, end: 1 }), bounded.add({ start: 5, end: 5 })]).toEqual([true, false]);
  });

  it("reads what a SEND and a REPORT say, and refuses what they may not say", () => {
    const read = (...fields: string[]) =>
      readSend(requestIn("MSRP abcd SEND", ...paths, ...fields, "-------abcd$"));
    expect(read("Message-ID: 1234", "Success-Report: yes")).toMatchObject({
      value: { messageId: "1234", wantsSuccessReport: true, failureReport: "yes", contentType: undefined },
    });
    expect(read("Message-ID: 1234")).toMatchObject({ value: { wantsSuccessReport: false } });
    expect(read()).toMatchObject({ error: { rule: "Message-ID" } });
    expect(read("Message-ID: 1234", "Message-ID: 1235")).toMatchObject({ error: { rule: "Message-ID" } });
    expect(read("Message-ID: 1234", "Byte-Range: 2-1")).toMatchObject({ error: { rule: "Byte-Range" } });
    expect(read("Message-ID: 1234", "Success-Report: partial")).toMatchObject({
      error: { rule: "Success-Report" },
    });
    const report = (...fields: string[]) =>
      readReport(requestIn("MSRP abcd REPORT", ...paths, "Message-ID: 1234", ...fields, "-------abcd$"));
    expect(report("Byte-Range: 1-106/106", "Status: 000 200 OK")).toMatchObject({
      value: { namespace: "000", status: 200, comment: "OK", byteRange: { start: 1, end: 106, total: 106 } },
    });
    expect(report("Status: 200 OK")).toMatchObject({ error: { rule: "Status" } });
  });
});
