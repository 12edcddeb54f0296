import { describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";
import {
  accepts,
  mayBeSent,
  parseMsrpDescription,
  parsePath,
  parseSessionDescription,
  parseTypeList,
  wrapsEverything,
} from "../src/index.js";
import { chat, described, offering, sdp, sessionLevel, sessionOf } from "./given.js";

const errorOf = (text: string | Uint8Array) => {
  const read = parseMsrpDescription(text);
  return read.ok ? undefined : read.error;
};
describe("RFC 4975 §8.7 Example SDP Exchange", () => {
  it("reads figure 9", () => {
    expect(offering().media).toEqual([
      {
        kind: "msrp",
        line: { media: "message", port: 7394, protocol: "TCP/MSRP", formats: "*" },
        host: "alice.example.com",
        path: [
          {
            text: "msrp://alice.example.com:7394/2s93i93idj;tcp",
            isSecure: false,
            host: "alice.example.com",
            port: 7394,
            transport: "tcp",
          },
        ],
        acceptTypes: ["message/cpim", "text/plain", "text/html"],
        acceptWrappedTypes: [],
        direction: "sendrecv",
        hasCema: false,
        fingerprints: [],
      },
    ]);
  });
});

describe("MS-51 RFC 4975 §8.1-8.3 connection line, media line and path", () => {
  it("reads TCP/TLS/MSRP and a section's own c= line", () => {
    const { line, host, path } = sessionOf(
      described(
        ...sessionLevel,
        "m=message 2855 TCP/TLS/MSRP *",
        "c=IN IP6 2001:db8::1",
        "a=accept-types:*",
        "a=path:msrps://[2001:db8::1]:2855/s;tcp",
      ),
    );
    expect(line.protocol).toBe("TCP/TLS/MSRP");
    expect(host).toBe("2001:db8::1");
    expect(path[0]).toMatchObject({ isSecure: true, host: "2001:db8::1", port: 2855 });
  });

  it("MUST be prepared to receive more than one URI, the leftmost being the next hop", () => {
    const path = parsePath("msrps://relay.example.com:9000/r;tcp msrp://alice@a.invalid:9/s;tcp;x=y", 7);
    expect(path).toMatchObject({ ok: true, value: [{ host: "relay.example.com" }, { host: "a.invalid" }] });
  });

  it.each([
    ["c=IN IP4 alice.example.com\r\n", "", "connection missing", "m=message"],
    ["c=IN IP4 alice.example.com", "c=IN IP9 x", "connection", "IN IP9"],
    ["m=message 7394 TCP/MSRP *", "m=message x TCP/MSRP *", "media line", "message x"],
    ["m=message 7394", "m=message 65536", "port", "65536"],
    ["a=path:msrp://alice.example.com:7394/2s93i93idj;tcp\r\n", "", "path missing", "m=message"],
    ["example.com:7394/", "example.com/", "path", "msrp://"],
    ["a=path:", "a=path:msrp://a:1/x;tcp ", "path", "http://", "msrp://alice", "http://alice"],
    [":7394/", ":73940/", "path port", "msrp://"],
    [";tcp", "", "path", "msrp://"],
    ["a=accept-types:message/cpim text/plain text/html\r\n", "", "accept-types missing", "m=message"],
    ["text/html", "texthtml", "type list", "texthtml"],
    ["a=setup:active", "a=max-size:12x", "max-size", "12x"],
    ["a=setup:active", "a=chatroom:a a", "chatroom token twice", "a\r\n", ""],
    ["a=setup:active", "a=chatroom:a @", "chatroom", "@"],
    ["a=setup:active\r\n", "a=accept-wrapped-types:,", "type list", ","],
  ])("names the rule and the octet when %j becomes %j", (line, instead, rule, at, ...also) => {
    const text = sdp(...sessionLevel, ...chat("a=setup:active")).replace(line, instead);
    const twice = also.length === 2 ? text.replace(also[0] ?? "", also[1] ?? "") : text;
    const offset = also.length === 1 ? twice.lastIndexOf(at) : twice.indexOf(at);
    expect(errorOf(twice)).toEqual({ rule, offset });
  });

  it("does not read what stands in a section with port 0, or is not MSRP", () => {
    const { media } = described(...sessionLevel, "m=message 0 TCP/MSRP *", "m=audio 49170 RTP/AVP 0 96");
    expect(media).toEqual([
      { kind: "removed", line: { media: "message", port: 0, protocol: "TCP/MSRP", formats: "*" } },
      { kind: "other", line: { media: "audio", port: 49170, protocol: "RTP/AVP", formats: "0 96" } },
    ]);
  });
});

describe("MS-55 RFC 7977 §5.2.2 transports in a path", () => {
  it("takes ws, dc and transports that nobody knows", () => {
    const path = parsePath(
      "msrps://r.example.com:443/u;tcp msrps://df7jal23ls0d.invalid:2855/9;ws msrp://a:1/x;dc",
      0,
    );
    expect(path.ok && path.value.map(({ transport }) => transport)).toEqual(["tcp", "ws", "dc"]);
  });
});

describe("RFC 4975 §8.6 Content Type Negotiation", () => {
  it("matches explicit types, type/*, and *; parameters do not count", () => {
    const list = parseTypeList('text/plain;charset="a b" image/* Message/CPIM', 0);
    expect(list).toEqual({ ok: true, value: ["text/plain", "image/*", "message/cpim"] });
    const types = list.ok ? list.value : [];
    expect(accepts(types, "text/plain; charset=utf-8")).toBe(true);
    expect(accepts(types, "image/png")).toBe(true);
    expect(accepts(types, "video/mp4")).toBe(false);
    expect(accepts(["*"], "video/mp4")).toBe(true);
  });

  it("MUST NOT send at top level what is only an accept-wrapped-type", () => {
    const peer = sessionOf(
      described(
        ...sessionLevel,
        "m=message 7394 TCP/MSRP *",
        "a=accept-types:message/cpim text/html",
        "a=accept-wrapped-types:image/*",
        "a=path:msrp://alice.example.com:7394/s;tcp",
      ),
    );
    expect(mayBeSent(peer, "image/png")).toBe(false);
    expect(mayBeSent(peer, "image/png", "message/cpim")).toBe(true);
    expect(mayBeSent(peer, "text/html", "message/cpim")).toBe(true);
    expect(mayBeSent(peer, "text/html", "multipart/mixed")).toBe(false);
    expect(wrapsEverything(peer)).toBe(true);
  });

  it("bounds the list", () => {
    expect(parseTypeList("a/b ".repeat(257), 0)).toEqual({
      ok: false,
      error: { rule: "type list length", offset: 1024 },
    });
  });

  it("reads max-size", () => {
    expect(sessionOf(offering("a=max-size:2048000")).maxSize).toBe(2_048_000);
    const uncountable = sessionOf(offering(`a=max-size:${"9".repeat(30)}`));
    expect(uncountable.maxSize).toBe(Number.MAX_SAFE_INTEGER);
  });
});

describe("RFC 8866 §5 SDP Specification", () => {
  it("takes lines that end in LF alone, blank lines at the end and unknown type letters", () => {
    const lines = `${["v=0", "o=- 1 1 IN IP4 h", "q=what", ...chat()].join("\n")}\n\n`;
    const read = parseSessionDescription(lines);
    expect(read.ok && read.value.session.map(({ type, value }) => [type, value])).toContainEqual([
      "q",
      "what",
    ]);
  });

  it.each([
    ["", "version", 0],
    ["v=1\r\no=- 1 1 IN IP4 h\r\n", "version", 0],
    ["v=0\r\ns=-\r\n", "origin", 5],
    ["v=0\r\n\r\no=- 1 1 IN IP4 h\r\n", "line", 5],
    ["v=0\r\nO=-\r\n", "line", 5],
    ["v=0\r\ns=a\0b\r\n", "character", 8],
    ["v=0\r\ns=a\rb\r\n", "character", 8],
    [sdp("v=0", "o=x", ...Array.from({ length: 33 }, () => "m=audio 0 RTP/AVP 0")), "media sections", 682],
    [sdp("v=0", ...Array.from({ length: 1024 }, () => "i=")), "lines", 4097],
    [`v=0\r\ns=${"x".repeat(65_536)}`, "size", 65_536],
    [`v=0\r\ns=${"é".repeat(40_000)}`, "size", 65_536],
  ])("refuses %#", (text, rule, offset) => {
    expect(errorOf(text)).toEqual({ rule, offset });
  });

  it("never throws, and gives an offset inside of what it read", () => {
    const valid = sdp(
      ...sessionLevel,
      ...chat("a=setup:actpass", "a=chatroom:nickname", 'a=file-selector:name:"x"'),
    );
    const mutated = fc
      .tuple(fc.nat(valid.length), fc.nat(12), fc.string({ maxLength: 12, unit: "binary" }))
      .map(([at, count, insert]) => valid.slice(0, at) + insert + valid.slice(at + count));
    fc.assert(
      fc.property(fc.oneof(mutated, fc.string({ maxLength: 200 })), (text) => {
        const error = errorOf(text);
        if (error === undefined) return;
        expect(error.offset).toBeGreaterThanOrEqual(0);
        expect(error.offset).toBeLessThanOrEqual(new TextEncoder().encode(text).length);
      }),
      { numRuns: 2_000 },
    );
  });

  it("takes any octets without throwing", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (octets) => {
        expect(typeof parseMsrpDescription(octets).ok).toBe("boolean");
      }),
      { numRuns: 500 },
    );
  });

  it("reads hostile lines in linear time", () => {
    const hostile = [
      `a=path:msrp://${"a.".repeat(30_000)}`,
      `a=accept-types:${"a/b;".repeat(15_000)}`,
      `a=file-selector:type:a/b${";c".repeat(30_000)}`,
      `a=fingerprint:sha-256 ${"AA:".repeat(20_000)}`,
    ];
    const startedAt = performance.now();
    for (const line of hostile)
      expect(errorOf(sdp(...sessionLevel, ...chat().slice(0, 1), line))).toBeDefined();
    for (const line of hostile) errorOf(sdp(...sessionLevel, ...chat(line)));
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });
});
