import { describe, expect, it } from "@jest/globals";
import { createTid, formatRequest, parseIdent, parseHead } from "@heliograph/msrp";
import * as fc from "fast-check";
import { readAll, requestIn, wire } from "./recording-sink.js";

const to = "To-Path: msrp://bob.example.com:8888/9di4eae923wzd;tcp";
const from = "From-Path: msrp://alicepc.example.com:7777/iau39soe2843z;tcp";
const send = (tid: string, ...rest: string[]): string[] => [`MSRP ${tid} SEND`, to, from, ...rest];
const hello = send(
  "d93kswow",
  "Message-ID: 12339sdqwer",
  "Byte-Range: 1-16/16",
  "Content-Type: text/plain",
  "",
  "Hi, I'm Alice!",
  "-------d93kswow$",
);

describe("RFC 4975 §11.1 Basic IM Session", () => {
  it("reads the SEND and its response", () => {
    const response = ["MSRP d93kswow 200 OK", to, from, "-------d93kswow$"];
    const { chunks, broken } = readAll([wire(...hello, ...response)]);
    expect(broken).toBeUndefined();
    expect(chunks.map(({ body, flag }) => [body, flag])).toEqual([
      ["Hi, I'm Alice!", "$"],
      ["", "$"],
    ]);
    expect(chunks[0]?.head).toMatchObject({
      kind: "request",
      method: "SEND",
      tid: "d93kswow",
      hasBody: true,
    });
    expect(chunks[1]?.head).toMatchObject({ kind: "response", status: 200, comment: "OK", tid: "d93kswow" });
  });
});

describe("RFC 4975 §5.1 MSRP Framing and Message Chunking", () => {
  it("passes a chunk on before it is whole", () => {
    const bytes = wire(...hello);
    const sink = readAll([bytes.subarray(0, bytes.indexOf("Alice!") + 3)]);
    expect(sink.body).toBe("Hi, I'm Ali");
    expect(sink.chunks).toEqual([]);
  });
});

describe("RFC 4975 §11.5 System Message and §11.6 Positive Report", () => {
  it("reads Failure-Report, Success-Report and a REPORT", () => {
    const quiet = requestIn(...send("d93k", "Failure-Report: no", "Success-Report: no", "-------d93k$"));
    expect(quiet.failureReport).toBe("no");
    const report = requestIn(
      "MSRP dkei38sd REPORT",
      to,
      from,
      "Message-ID: 12339sdqwer",
      "Byte-Range: 1-106/106",
      "Status: 000 200 OK",
      "-------dkei38sd$",
    );
    expect(report.method).toBe("REPORT");
    expect(report.fields.get("status")).toBe("000 200 OK");
  });
});

describe("MS-01 the framing of requests and responses", () => {
  it("reads the same wherever the octets are split in two, and octet by octet", () => {
    const bytes = wire(...hello, ...send("a786hjs2", "-------a786hjs2+"), ...hello);
    const whole = readAll([bytes]).chunks;
    const bodies = whole.map(({ body, flag }) => body + flag);
    for (let at = 0; at <= bytes.length; at += 1) {
      const { chunks } = readAll([bytes.subarray(0, at), bytes.subarray(at)]);
      expect(chunks.map(({ body, flag }) => body + flag)).toEqual(bodies);
    }
    const single = Array.from(bytes, (byte) => Uint8Array.of(byte));
    expect(readAll(single).chunks.map(({ body, flag }) => body + flag)).toEqual(bodies);
  });

  it.each([
    "-------d93kswow$",
    "\r\n-------d93kswow",
    "\r\n-------d93kswow$x",
    "\r\n-------d93kswow!\r\n",
    "\r\n------d93kswow$\r\n",
    "\r\n-------D93kswow$\r\n",
    "\r\n-------d93kswow$\r\r\n",
    "\r\r\n-------d93kswo\r\n-------d93kswow$\r",
    "\r\n\r\n\r\n",
    "MSRP d93kswow SEND\r\n\r\n",
  ])("is not fooled by a body that has %j", (trap) => {
    const text = `x${trap}y`;
    const lines = send(
      "d93kswow",
      "Message-ID: 1234",
      "Content-Type: text/plain",
      "",
      text,
      "-------d93kswow$",
    );
    const bytes = wire(...lines);
    for (let at = 0; at <= bytes.length; at += 1) {
      const { chunks, malformed } = readAll([bytes.subarray(0, at), bytes.subarray(at)]);
      expect(malformed).toEqual([]);
      expect(chunks.map(({ body }) => body)).toEqual([text]);
    }
  });

  it("gives any body back, in whatever pieces it comes", () => {
    const octets = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc
        .array(fc.constantFrom("\r\n", "\r", "-------", "-", "habcd", "$", "+", "a"), { maxLength: 60 })
        .map((parts) => Uint8Array.from(Buffer.from(parts.join("")))),
    );
    const tid = parseIdent("habcdefgh") ?? createTid({ token: () => "abcdefgh" });
    fc.assert(
      fc.property(octets, fc.array(fc.nat(500), { maxLength: 8 }), (body, cuts) => {
        fc.pre(!Buffer.from(body).includes(`-------${tid}`));
        const bytes = formatRequest(
          {
            tid,
            method: "SEND",
            toPath: ["msrp://b:1/x;tcp"],
            fromPath: ["msrp://a:1/y;tcp"],
            fields: [["Message-ID", "1234"]],
            content: { type: "a/b" },
          },
          body,
        );
        const at = [
          0,
          ...cuts.map((cut) => cut % bytes.length).sort((one, other) => one - other),
          bytes.length,
        ];
        const { chunks } = readAll(at.slice(1).map((end, index) => bytes.subarray(at[index], end)));
        expect(chunks.map((chunk) => chunk.body)).toEqual([Buffer.from(body).toString("latin1")]);
      }),
      { numRuns: 300 },
    );
  });

  it("takes idents longer than the grammar's 32 characters, and no endless ones", () => {
    expect(parseIdent("a".repeat(40))).toBe("a".repeat(40));
    expect(parseIdent("a".repeat(129))).toBeUndefined();
    expect(parseIdent("abc")).toBeUndefined();
    expect(parseIdent(".abc")).toBeUndefined();
  });

  it("makes identifiers of the grammar from any token, at least 64 bits of it", () => {
    const asked: number[] = [];
    const tid = createTid({ token: (bytes) => (asked.push(bytes), "_-~aB_c!") });
    expect(asked[0]).toBeGreaterThanOrEqual(8);
    expect(tid).toMatch(/^[A-Za-z0-9][A-Za-z0-9.\-+%=]{3,31}$/);
  });

  it("frames a method that it does not know, with header names in any case", () => {
    const head = requestIn(
      "MSRP a786hjs2 FOO",
      to.toUpperCase().replace("TO-PATH: MSRP", "TO-PATH: msrp"),
      from,
      "mEsSaGe-Id: 87652491",
      "-------a786hjs2$",
    );
    expect(head.method).toBe("FOO");
    expect(head.fields.get("Message-ID")).toBe("87652491");
  });
});

describe("MS-02 the order of header fields, and bodies", () => {
  it("tells no body from an empty one", () => {
    expect(requestIn(...send("a786hjs2", "Message-ID: 1234", "-------a786hjs2$")).hasBody).toBe(false);
    const empty = send(
      "a786hjs2",
      "Message-ID: 1234",
      "Content-Type: text/plain",
      "",
      "",
      "-------a786hjs2$",
    );
    expect(requestIn(...empty).hasBody).toBe(true);
  });

  it("takes an empty body without the CRLF of its own, split anywhere", () => {
    const bytes = wire(...send("a786hjs2", "Content-Type: text/plain", "", "-------a786hjs2$"));
    for (let at = 0; at <= bytes.length; at += 1) {
      const { chunks } = readAll([bytes.subarray(0, at), bytes.subarray(at)]);
      expect(chunks.map(({ body }) => body)).toEqual([""]);
    }
  });

  it("takes requests and responses with nothing after From-Path", () => {
    expect(requestIn("MSRP 49fh AUTH", to, from, "-------49fh$").rest).toBe("");
  });

  it.each([
    ["From-Path before To-Path", ["MSRP 49fh SEND", from, to, "-------49fh$"], "To-Path"],
    ["a body without Content-Type", send("49fh", "", "x", "-------49fh$"), "Content-Type"],
    ["no space after the colon", send("49fh", "Message-ID:1234", "-------49fh$"), "SP"],
    ["a folded line", send("49fh", "Message-ID: 1234", " more", "-------49fh$"), "hname"],
    ["a control character", send("49fh", "Subject: a\0b", "-------49fh$"), "utf8text"],
    ["what is no UTF-8", send("49fh", "Subject: \xff", "-------49fh$"), "utf8text"],
    ["an unknown Failure-Report", send("49fh", "Failure-Report: maybe", "-------49fh$"), "Failure-Report"],
  ])("finds %s malformed, and reads on after it", (_, lines, rule) => {
    const { malformed, chunks, broken } = readAll([wire(...lines, ...hello)]);
    expect(malformed).toMatchObject([{ rule, answerable: { tid: "49fh", method: "SEND" } }]);
    expect(chunks.map(({ body }) => body)).toEqual(["Hi, I'm Alice!"]);
    expect(broken).toBeUndefined();
  });

  it("takes at most 10240 octets in a request other than SEND", () => {
    const lines = ["MSRP 49fh INFO", to, from, "Content-Type: a/b", ""];
    expect(readAll([wire(...lines, "x".repeat(10_240), "-------49fh$")]).malformed).toEqual([]);
    const { malformed, chunks } = readAll([wire(...lines, "x".repeat(10_241), "-------49fh$", ...hello)]);
    expect(malformed).toMatchObject([{ rule: "body size", answerable: { tid: "49fh" } }]);
    expect(chunks).toHaveLength(1);
  });
});

describe("MS-03 what cannot be read", () => {
  it.each([
    ["no MSRP", [wire("GET / HTTP/1.1")], "start line"],
    ["a TLS hello", [Uint8Array.of(0x16, 3, 1)], "start line"],
    [
      "a transaction identifier of three characters",
      [wire("MSRP abc SEND", to, from, "-------abc$")],
      "transact-id",
    ],
    [
      "a status of four digits",
      [wire("MSRP abcd 2000 OK", to, from, "-------abcd$")],
      "method or status-code",
    ],
    ["a method in lower case from nobody", [wire("MSRP abcd send", to, "-------abcd$")], "method"],
    ["a request without From-Path", [wire("MSRP abcd SEND", to, "-------abcd$")], "From-Path"],
    ["a head that never ends", [wire("MSRP abcd SEND"), Buffer.alloc(20_000, "x")], "head size"],
  ])("gives the connection up at %s", (_, pieces, rule) => {
    expect(readAll(pieces).broken).toBe(rule);
    const octets = pieces.flatMap((piece) => Array.from(piece, (byte) => Uint8Array.of(byte)));
    const { broken, chunks, malformed } = readAll([...octets, wire(...hello)]);
    expect([broken, chunks, malformed]).toEqual([rule, [], []]);
  });

  it.each(["send", "Send", "SEND2"])("answers who says %s where a method should be, and reads on", (word) => {
    const bytes = wire(`MSRP abcd ${word}`, to, from, "Content-Type: a/b", "", "x", "-------abcd$", ...hello);
    const { malformed, chunks, broken } = readAll([bytes]);
    expect(malformed).toMatchObject([{ rule: "method", answerable: { tid: "abcd" } }]);
    expect(chunks.map(({ body }) => body)).toEqual(["Hi, I'm Alice!"]);
    expect(broken).toBeUndefined();
  });

  it("drops a response that it cannot read, and reads on", () => {
    const { malformed, chunks } = readAll([wire("MSRP abcd 200 OK", "Foo: bar", "-------abcd$", ...hello)]);
    expect(malformed).toMatchObject([{ frame: { kind: "response" }, answerable: undefined }]);
    expect(chunks).toHaveLength(1);
  });

  it("bounds fields and hops", () => {
    const fields = Array.from({ length: 65 }, (_, index) => `X-${index}: y`);
    expect(readAll([wire(...send("abcd", ...fields, "-------abcd$"))]).malformed[0]?.rule).toBe(
      "number of headers",
    );
    const path = `To-Path: ${Array.from({ length: 33 }, () => "msrp://a:1/b;tcp").join(" ")}`;
    expect(parseHead(["MSRP abcd SEND", path, from].join("\r\n"), false)).toMatchObject({
      error: { rule: "To-Path" },
    });
  });
});
