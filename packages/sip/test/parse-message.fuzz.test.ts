import { describe, expect, it } from "@jest/globals";
import {
  aorOf,
  createResponse,
  formatMessage,
  type Framing,
  parseContactList,
  parseCredentials,
  parseMessage,
  parseMultipart,
  parseUri,
  type SipRequest,
  type SipResponse,
  StreamFramer,
} from "@heliograph/sip";
import { corpusMessage, corpusNames } from "./corpus-message.js";
import { messageText, toBytes } from "./parsed.js";

/** `FUZZ_SECONDS=600 FUZZ_SEED=7 npm run fuzz` goes on for longer, from another seed. */
const seconds = Number(process.env["FUZZ_SECONDS"] ?? 3);
const firstSeed = Number(process.env["FUZZ_SEED"] ?? 1);

const seeds = [
  ...corpusNames("rfc4475").map((name) => corpusMessage("rfc4475", name)),
  ...corpusNames("rfc5118").map((name) => corpusMessage("rfc5118", name)),
  toBytes(
    messageText(
      { Contact: '"x" <sip:a@[::1]:5;ob>;+sip.instance="<urn:uuid:1>"', "Content-Length": "5" },
      "hello",
    ),
  ),
];
const pieces = [
  "\r\n",
  "\r",
  "\n",
  "\r\n ",
  "\r\n\r\n",
  "\0",
  "\x7f",
  "\xff",
  "\xc3",
  "\xe2\x82\xac",
  '"',
  "\\",
  "<",
  ">",
  ";",
  ",",
  ":",
  "=",
  "@",
  "[",
  "]",
  "%",
  "%00",
  "*",
  " ",
  "\t",
  "-1",
  "4294967296",
  "99999999999999999999",
  "SIP/2.0",
  "SIP/9.9",
  "Content-Length: 7\r\n",
  "l:0\r\n",
  "Via: ",
  "v:SIP/2.0/UDP x,",
  "To: ",
  "sip:",
  "tel:+1",
  "multipart/mixed;boundary=b",
  "--b\r\n",
  "--b--",
  "(".repeat(50),
  ";a".repeat(50),
  ",".repeat(50),
  "[".repeat(50),
].map((piece) => Buffer.from(piece, "latin1"));

/** The same numbers for the same seed on every machine (mulberry32). */
function chanceOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

function mutate(bytes: Uint8Array, chance: (below: number) => number): Buffer {
  let mutant = Buffer.from(bytes);
  for (let left = 1 + chance(4); left > 0; left -= 1) {
    const at = chance(mutant.length + 1);
    const other = seeds[chance(seeds.length)] ?? mutant;
    const piece = pieces[chance(pieces.length)] ?? mutant;
    const cut = [mutant.subarray(0, at), mutant.subarray(at)] as const;
    const mutants = [
      () => Buffer.concat([cut[0], piece, cut[1]]),
      () => Buffer.concat([cut[0], cut[1].subarray(1 + chance(20))]),
      () => Buffer.concat([cut[0], other.subarray(chance(other.length))]),
      () => Buffer.concat([cut[0], cut[1].subarray(0, chance(60)), cut[1]]),
      () => Buffer.concat([cut[0], Buffer.from([chance(256)]), cut[1].subarray(1)]),
      () => cut[0],
    ];
    mutant = Buffer.from(mutants[chance(mutants.length)]?.() ?? mutant);
  }
  return mutant;
}

/** Looks at everything that a well-formed message promises. */
function exercise(message: SipRequest | SipResponse): void {
  void [
    message.via.branch,
    message.from.display,
    message.to.params.get("tag"),
    message.callId,
    message.cseq.number,
  ];
  if (message.kind === "request") {
    void [message.uri, message.maxForwards, aorOf(message.requestUri)];
    const response = createResponse(message, 200, { toTag: "t" });
    if (!parseMessage(formatMessage(response), { framing: "stream" }).ok)
      throw new Error("our own answer is malformed");
  }
  for (const [, value] of message.headers.fields()) {
    parseContactList(value);
    parseCredentials(value);
    parseUri(value);
  }
  parseMultipart(message.body, message.headers.get("content-type") ?? "");
  parseMultipart(message.body, "multipart/mixed;boundary=b");
}

function check(bytes: Buffer, framing: Framing): void {
  const parsed = parseMessage(bytes, { framing });
  if (!parsed.ok) {
    const { status, offset, answerable, rule, reason } = parsed.error;
    if (![400, 413, 501, 505, 513].includes(status)) throw new Error(`status ${status}`);
    if (offset < 0 || offset > bytes.length + 2) throw new Error(`${rule} at ${offset} of ${bytes.length}`);
    if (/[^ -~]/.test(reason)) throw new Error(`reason ${reason}`);
    if (answerable) {
      const { uri, via, from, to, cseq, callId, maxForwards } = answerable;
      expect([uri, via, from, to, cseq, callId]).not.toContain(undefined);
      expect(maxForwards ?? 0).toBeGreaterThanOrEqual(0);
      formatMessage(createResponse(answerable, status, { reason, toTag: "t" }));
    }
    return;
  }
  exercise(parsed.value);
  const again = parseMessage(formatMessage(parsed.value), { framing: "stream" });
  if (!again.ok) throw new Error(`not read again: ${again.error.rule} at ${again.error.offset}`);
  expect(again.value.headers.without("content-length").fields()).toEqual(
    parsed.value.headers.without("content-length").fields(),
  );
}

function checkStream(bytes: Buffer, chance: (below: number) => number): void {
  const whole = [...new StreamFramer().push(bytes)].filter((frame) => frame.kind === "message");
  const framer = new StreamFramer();
  const cut: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = 1 + chance(80);
    for (const frame of framer.push(bytes.subarray(at, at + size)))
      if (frame.kind === "message") cut.push(frame.bytes);
    at += size;
  }
  expect(cut.map((message) => Buffer.from(message))).toEqual(whole.map((frame) => Buffer.from(frame.bytes)));
}

describe("any bytes are a message or a fault with rule and offset", () => {
  it(
    `for ${seconds} s of mutants from seed ${firstSeed}`,
    () => {
      const end = performance.now() + seconds * 1000;
      let seed = firstSeed;
      for (; performance.now() < end; seed += 1) {
        const chance = chanceOf(seed);
        const mutant = mutate(seeds[chance(seeds.length)] ?? Buffer.alloc(0), chance);
        try {
          check(mutant, (["datagram", "stream", "websocket"] as const)[chance(3)] ?? "datagram");
          if (seed % 4 === 0) checkStream(mutant, chance);
        } catch (cause) {
          throw new Error(`FUZZ_SEED=${seed}: ${JSON.stringify(mutant.toString("latin1"))}`, { cause });
        }
      }
      expect(seed - firstSeed).toBeGreaterThan(100);
    },
    seconds * 1000 + 20_000,
  );
});
