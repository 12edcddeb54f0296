import { describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";
import {
  composeAnswer,
  composeOffer,
  decideAnswer,
  fingerprintOf,
  formatFileSelector,
  formatFileTransfer,
  parseFileRange,
  parseFileSelector,
  parseMsrpDescription,
} from "../src/index.js";
import { answered, bob, capabilities, described, offering, origin, sessionOf, text } from "./given.js";

const hash = "72:24:5F:E8:65:3D:DA:F3:71:36:2F:86:D4:71:91:3E:E4:A2:CE:2E";
const selector = `a=file-selector:name:"My cool picture.jpg" type:image/jpeg size:32349 hash:sha-1:${hash}`;
const figure2 = [
  "v=0",
  "o=alice 2890844526 2890844526 IN IP4 host.atlanta.example.com",
  "s=",
  "c=IN IP4 host.atlanta.example.com",
  "t=0 0",
  "m=message 7654 TCP/MSRP *",
  "i=This is my latest picture",
  "a=sendonly",
  "a=accept-types:message/cpim",
  "a=accept-wrapped-types:*",
  "a=path:msrp://host.atlanta.example.com:7654/jshA7we;tcp",
  selector,
  "a=file-transfer-id:vBnG916bdberum2fFEABR1FR3ExZMUrd",
  "a=file-disposition:attachment",
  'a=file-date:creation:"Mon, 15 May 2006 15:01:31 +0300"',
  "a=file-icon:cid:id2@alicepc.example.com",
  "a=file-range:1-32349",
];

describe("RFC 5547 §6 Extensions to SDP", () => {
  it("reads figure 2 and writes the same attributes", () => {
    const { file } = sessionOf(described(...figure2));
    expect(file).toEqual({
      selector: {
        name: "My cool picture.jpg",
        type: "image/jpeg",
        size: 32_349,
        hashes: [{ hash: "sha-1", digest: hash }],
      },
      transferId: "vBnG916bdberum2fFEABR1FR3ExZMUrd",
      disposition: "attachment",
      dates: { creation: "Mon, 15 May 2006 15:01:31 +0300" },
      icon: "cid:id2@alicepc.example.com",
      range: { start: 1, stop: 32_349 },
    });
    const written = file === undefined ? [] : formatFileTransfer(file).map((line) => `a=${line}`);
    expect(written).toEqual(figure2.slice(11));
  });

  it("MUST be prepared to receive more than a single hash", () => {
    const read = parseFileSelector(`hash:sha-1:${hash} hash:sha-9:AA`, 0);
    expect(read.ok && read.value.hashes.map((one) => one.hash)).toEqual(["sha-1", "sha-9"]);
  });

  it("reads a parameter of the type with spaces in it", () => {
    const read = parseFileSelector('type:text/plain;charset="utf 8" size:3', 0);
    expect(read.ok && read.value).toEqual({ type: 'text/plain;charset="utf 8"', size: 3, hashes: [] });
  });

  it("MUST percent-encode quotes and what a file system reads as a directory", () => {
    expect(formatFileSelector({ name: '..\\a/"b".é', hashes: [] })).toBe(
      'file-selector:name:"..%5Ca%2F%22b%22.é"',
    );
  });

  it("gives every name back as it was", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 40, unit: "grapheme" }), (name) => {
        const line = `a=${formatFileSelector({ name, hashes: [] })}`;
        expect(sessionOf(offering(line)).file?.selector.name).toBe(name);
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ['name:"a" name:"b"', "file selector twice", 9],
    ['name:""', "file selector", 0],
    ["size:1 size:x", "file selector", 7],
    ["hash:sha-1:AA", "file hash", 0],
    ["hash:x:AA ".repeat(17), "file selector", 160],
  ])("refuses %s", (value, rule, offset) => {
    expect(parseFileSelector(value, 0)).toEqual({ ok: false, error: { rule, offset } });
  });

  it("reads a range with an open end and refuses one that ends before it starts", () => {
    expect(parseFileRange("5-*", 0)).toEqual({ ok: true, value: { start: 5 } });
    for (const value of ["0-5", "5-4", "5", "a-b"]) {
      expect(parseFileRange(value, 3)).toEqual({ ok: false, error: { rule: "file range", offset: 3 } });
    }
  });

  it.each([
    ["a=file-transfer-id:a b", "file-transfer-id"],
    ["a=file-disposition:", "file-disposition"],
    ["a=file-icon:http://x", "file-icon"],
    ['a=file-date:creation:"x" creation:"y"', "file-date"],
    ["a=file-date:", "file-date"],
    ["a=file-range:x", "file range"],
  ])("refuses %s", (line, rule) => {
    const read = parseMsrpDescription(figure2.slice(0, 12).concat(line).join("\r\n"));
    expect(read).toMatchObject({ ok: false, error: { rule } });
  });
});

describe("RFC 5547 §8.3.1 The Answerer Is a File Receiver", () => {
  const decide = (more: object) => decideAnswer(described(...figure2), { ...capabilities, ...more });

  it("MUST copy name, type and size, the identifier and the range, and no icon, disposition or date", () => {
    const decision = decide({});
    if (decision.kind === "refused") throw new Error(decision.reason);
    expect(answered(decision)[0]).toMatchObject({ kind: "accepted", direction: "recvonly" });
    const lines = text(composeAnswer(origin, decision, () => bob)).split("\r\n");
    expect(lines).toContain(selector);
    expect(lines).toContain("a=file-range:1-32349");
    expect(lines).toContain("a=file-transfer-id:vBnG916bdberum2fFEABR1FR3ExZMUrd");
    expect(lines).toContain("a=recvonly");
    expect(lines.filter((line) => /^a=file-(?:icon|disposition|date)/.test(line))).toEqual([]);
  });

  it("SHOULD reject a range that it does not accept", () => {
    expect(decide({ acceptsFileRanges: false })).toMatchObject({ kind: "refused", reason: /part of a file/ });
  });

  it("refuses a file that is too large", () => {
    expect(decide({ maxFileBytes: 32_348 })).toMatchObject({ kind: "refused", reason: "File too large" });
    expect(decide({ maxFileBytes: 32_349 }).kind).toBe("answer");
  });

  it("takes files beside a chat, each on a section of its own", () => {
    const both = described(...figure2, "m=message 7654 TCP/MSRP *", ...figure2.slice(8, 11));
    const media = answered(decideAnswer(both, capabilities));
    expect(media.map(({ kind }) => kind)).toEqual(["accepted", "accepted"]);
    expect(answered(decideAnswer(both, { ...capabilities, maxFiles: 0 }))[0]).toMatchObject({
      kind: "refused",
      reason: "too many sessions",
    });
  });
});

describe("RFC 5547 §8.5 Indicating File Transfer Offer/Answer Capability", () => {
  it("reads the bare attribute as a chat that understands files", () => {
    const offer = offering("a=file-selector");
    expect(sessionOf(offer).file).toEqual({ selector: { hashes: [] } });
    expect(answered(decideAnswer(offer, { ...capabilities, maxFiles: 0 }))[0]?.kind).toBe("accepted");
    expect(formatFileSelector({ hashes: [] })).toBe("file-selector");
  });
});

describe("RFC 5547 §8.2 an offer of a file", () => {
  it("is read back as it was composed", () => {
    const file = {
      selector: { name: "ü.jpg", size: 5, hashes: [fingerprintOf("sha-1", new Uint8Array(20))] },
      transferId: "t1",
    };
    const offer = composeOffer(origin, [
      { ...bob, transport: "TCP/MSRP", setup: "actpass", direction: "sendonly", hasCema: false, file },
    ]);
    const read = parseMsrpDescription(offer);
    expect(read.ok && sessionOf(read.value).file).toEqual(file);
  });
});

describe("RFC 5547 §8.1 §8.3 a file that is refused or over", () => {
  const picture = described(...figure2);

  it("MUST mirror selector and identifier in the answer with port 0, and nothing else", () => {
    const refused = { kind: "refused", offer: sessionOf(picture), reason: "file range" } as const;
    const answer = text(composeAnswer(origin, { kind: "answer", media: [refused] }, () => bob));
    expect(answer.slice(answer.indexOf("m=")).split("\r\n")).toEqual([
      "m=message 0 TCP/MSRP *",
      selector,
      "a=file-transfer-id:vBnG916bdberum2fFEABR1FR3ExZMUrd",
      "a=file-range:1-32349",
      "",
    ]);
  });

  it("keeps its place and its identifier in later offers, with port 0", () => {
    const { file, line } = sessionOf(picture);
    const offer = text(composeOffer(origin, [{ closed: line, ...(file && { file }) }, { closed: line }]));
    const sections = offer.split("m=").slice(1);
    expect(sections[0]).toContain("a=file-transfer-id:vBnG916bdberum2fFEABR1FR3ExZMUrd");
    expect(sections[1]).toBe("message 0 TCP/MSRP *\r\n");
  });
});
