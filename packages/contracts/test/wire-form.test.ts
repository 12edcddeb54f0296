import { describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";
import { bytes, PagerMessage, Submission } from "../src/index.js";

const message: PagerMessage = {
  id: "m1",
  requestUri: "sip:bob@example.org",
  recipient: "sip:bob@example.org",
  sender: { kind: "local", aor: "sip:alice@example.org", asserted: ["<sip:alice@example.org>"] },
  from: "<sip:alice@example.org>;tag=a",
  to: "<sip:bob@example.org>",
  callId: "c1",
  cseq: 1,
  maxForwards: 69,
  privacy: [],
  contentType: "text/plain",
  headers: [
    ["Subject", "  two  spaces"],
    ["X-A", "1"],
    ["X-A", "2"],
  ],
  body: Uint8Array.of(0, 255, 13, 10),
  receivedAtMs: 1_700_000_000_000,
  route: [],
};

describe("the wire form of a message", () => {
  it("PF-15 brings octets, header fields and their order back as they were", () => {
    const wire = JSON.stringify(PagerMessage.encode(message));
    expect(PagerMessage.decode(JSON.parse(wire))).toEqual(message);
  });

  it("is base64 for octets, any octets", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (octets) => {
        expect(new Uint8Array(bytes.decode(bytes.encode(octets)))).toEqual(octets);
      }),
      { numRuns: 100 },
    );
    expect(bytes.encode(Uint8Array.of(104, 105))).toBe("aGk=");
  });

  it("encodes the part of a larger buffer that the octets are", () => {
    expect(bytes.encode(new Uint8Array([1, 104, 105, 2]).subarray(1, 3))).toBe("aGk=");
  });

  it("takes fields that it does not know yet: an older process runs beside a newer one", () => {
    const wire = { ...PagerMessage.encode(message), novel: true };
    expect(PagerMessage.decode(wire)).toEqual(message);
  });

  it.each([
    ["a message without a recipient", { recipient: undefined }],
    ["a header field that is no pair", { headers: [["Subject"]] }],
    ["a body that is no text on the wire", { body: 7 }],
  ])("refuses %s", (_, change) => {
    expect(PagerMessage.safeParse({ ...PagerMessage.encode(message), ...change }).success).toBe(false);
  });

  it.each([200, 202])("PF-54 a submission is accepted with 200 or 202: %i", (status) => {
    expect(Submission.parse({ kind: "accepted", status })).toEqual({ kind: "accepted", status });
  });

  it("PF-54 and with no other status", () => {
    expect(Submission.safeParse({ kind: "accepted", status: 204 }).success).toBe(false);
  });
});
