import { describe, expect, it } from "@jest/globals";
import { createWholeMessages, parseMsrpUri, readReport, readSend } from "@heliograph/msrp";
import { readAll, wire } from "./recording-sink.js";

/** `FUZZ_SECONDS=600 FUZZ_SEED=7` goes on for longer, from another seed. */
const seconds = Number(process.env["FUZZ_SECONDS"] ?? 2);
const firstSeed = Number(process.env["FUZZ_SEED"] ?? 1);

const paths = ["To-Path: msrp://b:1/x;tcp", "From-Path: msrp://[::1]:1/y;tcp msrps://r;ws"];
const seeds = [
  wire(
    "MSRP d93k SEND",
    ...paths,
    "Message-ID: 1234",
    "Byte-Range: 1-*/8",
    "Content-Type: a/b",
    "",
    "abcd",
    "-------d93k+",
  ),
  wire(
    "MSRP dkei SEND",
    ...paths,
    "Message-ID: 1234",
    "Byte-Range: 5-8/8",
    "Content-Type: a/b",
    "",
    "EFGH",
    "-------dkei$",
  ),
  wire(
    "MSRP dkej REPORT",
    ...paths,
    "Message-ID: 1234",
    "Byte-Range: 1-8/8",
    "Status: 000 200 OK",
    "-------dkej$",
  ),
  wire("MSRP dkek 200 OK", ...paths, "-------dkek$"),
];
const pieces = [
  "\r\n",
  "\r",
  "\n",
  "\r\n\r\n",
  "-------",
  "-------d93k$\r\n",
  "MSRP ",
  " ",
  ":",
  "\0",
  "\xff",
  "/",
  ";",
  "9".repeat(17),
  "*",
  "#",
  "+",
  "$",
  "%",
  "[",
];

/** A small generator of repeatable numbers below `bound`. */
function numbersFrom(seed: number): (bound: number) => number {
  let state = seed >>> 0 || 1;
  return (bound) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % bound;
  };
}

function mutate(pick: (bound: number) => number): Buffer {
  let bytes = Buffer.concat(
    Array.from({ length: 1 + pick(4) }, () => seeds[pick(seeds.length)] ?? Buffer.alloc(0)),
  );
  for (let count = pick(6); count > 0; count -= 1) {
    const at = pick(bytes.length + 1);
    const piece = Buffer.from(pieces[pick(pieces.length)] ?? "", "latin1");
    const cut = pick(3) === 0 ? pick(12) : 0;
    bytes = Buffer.concat([
      bytes.subarray(0, at),
      pick(2) === 0 ? piece : Buffer.alloc(0),
      bytes.subarray(at + cut),
    ]);
  }
  return bytes;
}

/** All that was read, as a text; reads every field on the way, which must not throw. */
function readingOf(parts: readonly Uint8Array[]): string {
  const { chunks, malformed, broken } = readAll(parts);
  const incoming = createWholeMessages({
    maxBytes: 100,
    maxPieces: 3,
    maxOpen: 2,
    maxHeldBytes: 150,
    maxRemembered: 2,
  });
  for (const { head, body, flag } of chunks) {
    for (const uri of [...head.toPath, ...head.fromPath]) parseMsrpUri(uri);
    if (head.kind === "response") continue;
    readReport(head);
    const send = readSend(head);
    if (!send.ok) continue;
    incoming.begin(send.value);
    incoming.write(Buffer.from(body, "latin1"));
    incoming.end(flag === "$" ? "$" : flag === "#" ? "#" : "+");
    expect(incoming.heldBytes).toBeLessThanOrEqual(150);
  }
  return JSON.stringify([chunks, malformed, broken]);
}

describe("MS-03 octets that nobody meant", () => {
  it("are read the same however they are split, and never throw", () => {
    const until = Date.now() + seconds * 1000;
    for (let seed = firstSeed; Date.now() < until; seed += 1) {
      const pick = numbersFrom(seed * 2_654_435_761);
      const bytes = mutate(pick);
      const cut = pick(bytes.length + 1);
      const whole = readingOf([bytes]);
      const split = readingOf([bytes.subarray(0, cut), bytes.subarray(cut)]);
      if (split !== whole)
        throw new Error(`seed ${seed}, cut ${cut}: ${JSON.stringify(bytes.toString("latin1"))}`);
    }
  });
});
