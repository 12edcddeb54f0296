import { describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";
import { parse } from "sdp-transform";
import {
  type Anchor,
  anchorMedia,
  closeMedia,
  composeOffer,
  parseMsrpDescription,
  parseSessionDescription,
  reviseDescription,
} from "../src/index.js";
import { bob, chat, origin, sdp, sessionLevel, sessionOf, text, uri } from "./given.js";

const anchor: Anchor = {
  host: "192.0.2.50",
  port: 2855,
  path: [uri("msrp://192.0.2.50:2855/k3;tcp")],
  setup: "actpass",
  hasCema: false,
  fingerprints: [],
};
const digest = Array.from({ length: 20 }, () => "AB").join(":");
const anchored = (body: string | Uint8Array, more: Partial<Anchor> = {}, index = 0) => {
  const description = parseSessionDescription(body);
  if (!description.ok) throw new Error(description.error.rule);
  return anchorMedia(description.value, index, { ...anchor, ...more });
};

describe("PF-08 anchoring rewrites path, c=, the m= port and setup", () => {
  it("and leaves every other line as it was", () => {
    const offer = (path: string, host: string, port: number, setup: string) =>
      sdp(
        "v=0",
        "o=alice 14793 14793 IN IP4 10.0.0.1",
        "s=-",
        `c=IN IP4 ${host}`,
        "b=AS:64",
        "t=0 0",
        "k=clear:x",
        "a=tool:odd  spaces ",
        `m=message ${port} TCP/MSRP *`,
        "i=hello",
        "a=accept-types:message/cpim  text/plain ",
        `a=setup:${setup}`,
        "a=x-unknown:1",
        `a=path:${path}`,
        "a=connection:new",
        "a=sendrecv",
      );
    const before = offer("msrp://10.0.0.1:9/s;tcp", "10.0.0.1", 9, "active");
    expect(text(anchored(before))).toBe(
      offer("msrp://192.0.2.50:2855/k3;tcp", "192.0.2.50", 2855, "actpass"),
    );
  });

  it("gives a section its own c= when others use the session's", () => {
    const body = sdp(...sessionLevel, ...chat("a=setup:active"), "m=audio 4000 RTP/AVP 0");
    expect(text(anchored(body))).toBe(
      sdp(
        ...sessionLevel,
        "m=message 2855 TCP/MSRP *",
        "c=IN IP4 192.0.2.50",
        "a=accept-types:message/cpim text/plain text/html",
        "a=path:msrp://192.0.2.50:2855/k3;tcp",
        "a=setup:actpass",
        "m=audio 4000 RTP/AVP 0",
      ),
    );
  });

  it("adds setup where there was none, overriding the session's", () => {
    const body = sdp(...sessionLevel, "a=setup:active", ...chat());
    const read = parseMsrpDescription(anchored(body));
    expect(read.ok && sessionOf(read.value).setup).toBe("actpass");
    expect(text(anchored(body))).toContain("a=setup:active\r\nm=");
  });

  it("bridges TCP and TLS, with the anchor's certificate for the peer's", () => {
    const body = sdp(
      ...sessionLevel,
      ...chat(`a=fingerprint:sha-1 ${digest}`, `a=fingerprint:md5 ${digest}`),
    );
    const fingerprints = [{ hash: "sha-1", digest }];
    const after = text(anchored(body, { transport: "TCP/TLS/MSRP", host: "2001:db8::5", fingerprints }));
    expect(after).toContain("m=message 2855 TCP/TLS/MSRP *\r\n");
    expect(after).toContain("c=IN IP6 2001:db8::5\r\n");
    expect(after.match(/a=fingerprint/g)).toHaveLength(1);
    expect(text(anchored(body))).not.toContain("a=fingerprint");
  });

  it("leaves the session's fingerprint to the sections that still use it", () => {
    const audio = ["m=audio 4000 UDP/TLS/RTP/SAVP 0", "a=mid:1"];
    const body = sdp(...sessionLevel, `a=fingerprint:sha-1 ${digest}`, ...chat("a=setup:active"), ...audio);
    const after = text(anchored(body));
    expect(after.match(/a=fingerprint/g)).toHaveLength(1);
    expect(after).toContain(`m=audio 4000 UDP/TLS/RTP/SAVP 0\r\na=fingerprint:sha-1 ${digest}\r\na=mid:1`);
  });

  it("works on a body without an end to its last line, and on LF alone", () => {
    const body = [...sessionLevel, ...chat("a=msrp-cema")].join("\n");
    expect(text(anchored(body))).toBe(
      `${[
        ...sessionLevel.map((line) => (line.startsWith("c=") ? "c=IN IP4 192.0.2.50" : line)),
        "m=message 2855 TCP/MSRP *",
        "a=setup:actpass",
        "a=accept-types:message/cpim text/plain text/html",
        "a=path:msrp://192.0.2.50:2855/k3;tcp",
      ].join("\n")}\n`,
    );
    expect(text(anchored("v=0\no=x\nm=message 1 TCP/MSRP *"))).toContain("\nc=IN IP4 192.0.2.50");
  });

  it("throws for a section that is not there", () => {
    expect(() => anchored(sdp(...sessionLevel, ...chat()), {}, 1)).toThrow("no media section 1");
  });

  it("keeps every octet of every line that it does not mean, UTF-8 or not", () => {
    const octets = fc
      .uint8Array({ maxLength: 30 })
      .map((bytes) => bytes.filter((octet) => octet !== 0 && octet !== 10 && octet !== 13));
    const line = fc.tuple(fc.constantFrom("i", "b", "x", "a"), octets);
    fc.assert(
      fc.property(fc.array(line, { maxLength: 10 }), fc.array(line, { maxLength: 10 }), (outer, inner) => {
        const write = (lines: typeof outer) =>
          lines.flatMap(([type, value]) => [...Buffer.from(`${type}=x-`), ...value, 13, 10]);
        const body = Uint8Array.from([
          ...Buffer.from(sdp(...sessionLevel)),
          ...write(outer),
          ...Buffer.from(sdp(...chat("a=setup:active"))),
          ...write(inner),
        ]);
        const after = Buffer.from(anchored(body));
        for (const [type, value] of [...outer, ...inner]) {
          expect(after.includes(Buffer.from([...Buffer.from(`${type}=x-`), ...value, 13, 10]))).toBe(true);
        }
        expect(Buffer.from(anchored(after)).equals(after)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});

describe("RFC 3264 §6.1 the direction that an anchor says", () => {
  const directionsIn = (octets: Uint8Array) =>
    text(octets).match(/a=(?:sendrecv|sendonly|recvonly|inactive)/g);

  it.each([
    ["in the place of the section's own", sdp(...sessionLevel, ...chat("a=sendrecv")), ["a=recvonly"]],
    ["where nothing was said", sdp(...sessionLevel, ...chat()), ["a=recvonly"]],
    [
      "beside that of the session",
      sdp(...sessionLevel, "a=sendrecv", ...chat()),
      ["a=sendrecv", "a=recvonly"],
    ],
    ["and not again", sdp(...sessionLevel, "a=recvonly", ...chat()), ["a=recvonly"]],
  ])("%s", (_, body, said) => {
    expect(directionsIn(anchored(body, { direction: "recvonly" }))).toEqual(said);
  });
});

describe("MS-17 the size that an anchor takes", () => {
  it("is said where the section says more, or nothing", () => {
    for (const [more, said] of [
      [[], 500],
      [["a=max-size:900"], 500],
      [["a=max-size:70"], 70],
    ] as const)
      expect(text(anchored(sdp(...sessionLevel, ...chat(...more)), { maxSize: 500 }))).toContain(
        `a=max-size:${said}\r\n`,
      );
  });
});

describe("PF-10 RFC 3264 §8.2 a section that is closed", () => {
  const closing = (body: string, protocol?: string) => {
    const read = parseSessionDescription(body);
    if (!read.ok) throw new Error(read.error.rule);
    return text(closeMedia(read.value, 0, protocol));
  };

  it("has port 0, and says nothing more of the stream", () => {
    const audio = ["m=audio 4000 RTP/AVP 0", "a=x"];
    expect(closing(sdp(...sessionLevel, ...chat("a=setup:active"), ...audio), "TCP/TLS/MSRP")).toBe(
      sdp(...sessionLevel, "m=message 0 TCP/TLS/MSRP *", ...audio),
    );
  });

  it("keeps the connection line that the description needs", () => {
    const level = sessionLevel.filter((line) => !line.startsWith("c="));
    const body = sdp(...level, "m=message 1 TCP/MSRP *", "c=IN IP4 192.0.2.9", "a=x");
    expect(closing(body)).toBe(sdp(...level, "m=message 0 TCP/MSRP *", "c=IN IP4 192.0.2.9"));
  });

  it("has to be there", () => {
    expect(() => closing(sdp(...sessionLevel))).toThrow("no media section 0");
  });
});

describe("PF-09 anchoring with CEMA", () => {
  it("keeps, adds or drops msrp-cema, c/m-line and path being consistent", () => {
    const [without, within] = [[], ["a=msrp-cema"]].map((more) => sdp(...sessionLevel, ...chat(...more)));
    for (const body of [without ?? "", within ?? ""]) {
      expect(text(anchored(body, { hasCema: true })).match(/a=msrp-cema\r\n/g)).toHaveLength(1);
      expect(text(anchored(body))).not.toContain("msrp-cema");
    }
  });
});

describe("MS-51 RFC 4975 §8.4 Updated SDP Offers", () => {
  const offer = (port: number, version = 1) =>
    composeOffer({ ...origin, version }, [
      { ...bob, port, transport: "TCP/MSRP", setup: "actpass", direction: "sendrecv", hasCema: true },
    ]);

  it("MUST use the same o-line when nothing changes", () => {
    expect(reviseDescription(offer(1), offer(1, 8))).toEqual(offer(1));
  });

  it("counts the version up by one when something does, however long it is", () => {
    expect(text(reviseDescription(offer(1, 4), offer(2)))).toBe(text(offer(2, 5)));
    const previous = text(offer(1)).replace("2890844530 1 IN", "9 18446744073709551615 IN");
    const next = text(reviseDescription(new TextEncoder().encode(previous), offer(2)));
    expect(next).toContain("o=userb 9 18446744073709551616 IN IP4 bob.example.com");
  });

  it("throws when the previous description is none", () => {
    expect(() => reviseDescription(new Uint8Array(), offer(1))).toThrow("no origin");
  });

  it("is understood by another reader", () => {
    expect(parse(text(offer(8493)))).toMatchObject({
      origin: { username: "userb", sessionVersion: 1 },
      media: [
        {
          type: "message",
          port: 8493,
          protocol: "TCP/MSRP",
          payloads: "*",
          setup: "actpass",
          direction: "sendrecv",
          connection: { version: 4, ip: "bob.example.com" },
          invalid: [
            { value: "accept-types:message/cpim text/plain" },
            { value: "path:msrp://bob.example.com:8493/si438dsaodes;tcp" },
            { value: "msrp-cema" },
          ],
        },
      ],
    });
  });
});
