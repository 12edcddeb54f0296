import { describe, expect, it } from "@jest/globals";
import { fingerprintOf, formatFingerprint, parseFingerprint, strongestFingerprints } from "../src/index.js";
import { described, offering, sessionLevel, chat, sessionOf } from "./given.js";

const sha1 = "4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB";
const sha256 =
  "12:DF:3E:5D:49:6B:19:E5:7C:AB:4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB:4A:AD";

describe("RFC 8122 §5 Fingerprint Attribute", () => {
  it("reads the example of §3.4", () => {
    const media = sessionOf(offering(`a=fingerprint:SHA-256 ${sha256}`, `a=fingerprint:SHA-1 ${sha1}`));
    expect(media.fingerprints).toEqual([
      { hash: "sha-256", digest: sha256 },
      { hash: "sha-1", digest: sha1 },
    ]);
  });

  it("takes lower and upper case, as deployed peers write both", () => {
    expect(parseFingerprint(`sha-1 ${sha1.toLowerCase()}`, 0)).toEqual(parseFingerprint(`SHA-1 ${sha1}`, 0));
  });

  it("writes the standard form, or all of it in lower or upper case", () => {
    const fingerprint = fingerprintOf("SHA-1", Uint8Array.from([0x4a, 0x0d]));
    expect(formatFingerprint(fingerprint)).toBe("sha-1 4A:0D");
    expect(formatFingerprint(fingerprint, "lower")).toBe("sha-1 4a:0d");
    expect(formatFingerprint(fingerprint, "upper")).toBe("SHA-1 4A:0D");
  });

  it("refuses a digest that is not as long as its hash", () => {
    expect(parseFingerprint("sha-256 4A:AD", 20)).toEqual({
      ok: false,
      error: { rule: "fingerprint length", offset: 28 },
    });
    expect(parseFingerprint("sha-256 4AAD", 20)).toEqual({
      ok: false,
      error: { rule: "fingerprint", offset: 20 },
    });
  });

  it("applies the session's to a section without its own", () => {
    const description = described(...sessionLevel, `a=fingerprint:SHA-1 ${sha1}`, ...chat());
    expect(sessionOf(description).fingerprints).toHaveLength(1);
  });
});

describe("RFC 8122 §5.1 Multiple Fingerprints", () => {
  it("MUST select the set of its most preferred hash function", () => {
    const strong = [
      { hash: "sha-256", digest: sha256 },
      { hash: "sha-256", digest: sha256.toLowerCase() },
    ];
    expect(strongestFingerprints([{ hash: "sha-1", digest: sha1 }, ...strong])).toEqual(strong);
  });

  it("MUST NOT use MD5 and MD2", () => {
    expect(
      strongestFingerprints([
        { hash: "md5", digest: "00" },
        { hash: "md2", digest: "00" },
      ]),
    ).toEqual([]);
  });
});
