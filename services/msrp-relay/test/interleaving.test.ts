import { describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";
import { ChunkParser, type Head, parseByteRange, type RequestHead } from "@heliograph/msrp";
import { answerTo, bindOne, bodiless, givenRelay, givenSession, type Party, sendOf } from "./given.js";

/** A chunk as the far end reads it. */
interface Chunk {
  readonly head: RequestHead;
  readonly body: Buffer;
  readonly flag: string;
}

/** Everything on a wire, which has to be well-formed. */
function chunksIn(wire: string): Chunk[] {
  const chunks: Chunk[] = [];
  let head: Head | undefined;
  let body: Buffer[] = [];
  const fail = (rule: string): never => {
    throw new Error(rule);
  };
  const parser = new ChunkParser({
    onHead: (read) => {
      head = read;
      body = [];
    },
    onBody: (octets) => void body.push(Buffer.from(octets)),
    onEnd: (flag) => {
      if (head?.kind === "request") chunks.push({ head, body: Buffer.concat(body), flag });
    },
    onMalformed: ({ rule }) => fail(rule),
    onBroken: fail,
  });
  parser.push(Buffer.from(wire, "latin1"));
  return chunks;
}

/** Messages by their name, put together by what the chunks say of their place. */
function messagesOf(chunks: readonly Chunk[]): Map<string, Buffer> {
  const messages = new Map<string, Buffer>();
  for (const { head, body } of chunks) {
    const id = head.fields.get("Message-ID") ?? "";
    const before = messages.get(id) ?? Buffer.alloc(0);
    const range = parseByteRange(head.fields.get("Byte-Range") ?? "1-*/*");
    if (!range.ok || range.value.start !== before.length + 1) throw new Error(`${id} has a gap`);
    messages.set(id, Buffer.concat([before, body]));
  }
  return messages;
}

const message = fc.record({
  from: fc.nat(2),
  size: fc.oneof(fc.nat(300), fc.nat(20_000), fc.nat(200_000)),
  hasRange: fc.boolean(),
});
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      does: fc.constant("feed" as const),
      from: fc.nat(2),
      size: fc.integer({ min: 1, max: 70_000 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constantFrom("fill", "drain", "ask", "wait") }) },
);

/** What a sender has to send. */
interface Sender {
  readonly party: Party;
  octets: Buffer;
}

const runs = Number(process.env["FUZZ_RUNS"] ?? 60);

describe("MS-07 MS-50 senders that share a far connection, whatever comes in whatever pieces", () => {
  it.each(["tcp", "wss"] as const)(
    "over %s: every octet arrives once, in its place, and is answered once",
    async (bobTransport) => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(message, { maxLength: 8 }),
          fc.array(step, { maxLength: 80 }),
          async (messages, steps) => {
            const relay = await givenRelay();
            const first = await givenSession(relay, { bobTransport });
            const others = [
              await givenSession(relay, { bobTransport, binds: ["caller"] }),
              await givenSession(relay, { bobTransport, binds: ["caller"] }),
            ];
            const { connection } = first.bob;
            for (const { bob } of others) bindOne({ ...bob, connection });
            const senders: Sender[] = [first, ...others].map(({ alice }) => ({
              party: alice,
              octets: Buffer.alloc(0),
            }));
            const sent = new Map<string, Buffer>();
            for (const [index, { from, size, hasRange }] of messages.entries()) {
              const sender = senders[from];
              if (sender === undefined) continue;
              const body = "-\r\nx".repeat(size / 4 + 1).slice(0, size);
              const messageId = `message${index}`;
              sent.set(messageId, Buffer.from(body));
              const request = sendOf(sender.party, {
                messageId,
                tid: `trans${index}`,
                body,
                ...(hasRange ? { range: `1-*/${size}` } : {}),
              });
              sender.octets = Buffer.concat([sender.octets, Buffer.from(request)]);
            }
            let wire = "";
            const feed = (sender: Sender, size: number) => {
              if (sender.octets.length === 0) return;
              sender.party.connection.feed(sender.octets.subarray(0, size));
              sender.octets = sender.octets.subarray(size);
            };
            for (const one of steps) {
              const sender = "from" in one ? senders[one.from] : undefined;
              if (one.does === "feed" && sender !== undefined && "size" in one) feed(sender, one.size);
              if (one.does === "fill") connection.isFull = true;
              if (one.does === "drain") connection.drain();
              if (one.does === "ask") connection.feed(bodiless(first.bob.to, first.bob.from));
              if (one.does === "wait") relay.clock.advance(10);
              await Promise.resolve();
              wire += connection.take();
            }
            connection.drain();
            for (const sender of senders) while (sender.octets.length > 0) feed(sender, 50_000);
            await Promise.resolve();
            wire += connection.take();

            const chunks = chunksIn(wire);
            const received = messagesOf(chunks);
            expect([...received.keys()].sort()).toEqual([...sent.keys()].sort());
            for (const [id, body] of sent) expect(received.get(id)?.equals(body)).toBe(true);
            const ends = chunks.filter(({ flag }) => flag === "$");
            expect(ends).toHaveLength(sent.size);
            for (const { head } of chunks) connection.feed(answerTo(requestOf(head), 200, "OK"));
            const answers = senders.map(({ party }) => party.connection.take()).join("");
            expect(answers.match(/MSRP trans\d+ 200 OK\r\n/g) ?? []).toHaveLength(sent.size);
            expect(new Set(answers.match(/MSRP trans\d+ 200/g) ?? []).size).toBe(sent.size);
          },
        ),
        { numRuns: runs },
      );
    },
  );
});

function requestOf({ tid, toPath, fromPath }: RequestHead): string {
  return `MSRP ${tid} SEND\r\nTo-Path: ${toPath.join(" ")}\r\nFrom-Path: ${fromPath.join(" ")}\r\n`;
}
