import { createHmac } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import { checkNonce, firstCseqOf, issueNonce } from "@heliograph/sip";

const hmacWith = (secret: string) => (text: string) =>
  createHmac("sha256", secret).update(text).digest("base64url");
const key = { hmac: hmacWith("secret"), realm: "example.com", nowMs: 1_700_000_000_000 };
const nonce = issueNonce({ ...key, salt: "salt" });
const check = (text: string, changes: Partial<typeof key> = {}) =>
  checkNonce(text, { ...key, ...changes, lifeMs: 60_000 });

describe("RFC 7616 §3.3 Nonces that nobody remembers", () => {
  it("GEN-31: a nonce is fresh while its life lasts and stale after that", () => {
    expect(check(nonce)).toBe("fresh");
    expect(check(nonce, { nowMs: key.nowMs + 60_000 })).toBe("fresh");
    expect(check(nonce, { nowMs: key.nowMs + 60_001 })).toBe("stale");
  });

  it("GEN-31: is forged for another realm, with another secret, and when anything in it is changed", () => {
    expect(check(nonce, { realm: "example.org" })).toBe("forged");
    expect(check(nonce, { hmac: hmacWith("other") })).toBe("forged");
    for (let at = 0; at < nonce.length; at += 1) {
      const changed = `${nonce.slice(0, at)}${nonce[at] === "a" ? "b" : "a"}${nonce.slice(at + 1)}`;
      expect(check(changed)).toBe("forged");
    }
    for (const strange of [
      "",
      ".",
      "..",
      "a.b",
      nonce.slice(1),
      nonce.slice(0, -1),
      `${nonce}x`,
      `x.${nonce}`,
    ]) {
      expect(check(strange)).toBe("forged");
    }
  });

  it("differs at the same moment by its salt, and needs no quoting", () => {
    expect(issueNonce({ ...key, salt: "other" })).not.toBe(nonce);
    expect(nonce).toMatch(/^[\w.-]+$/);
  });
});

describe("RFC 3261 §22.2 §8.1.3.5 a nonce that says which attempt it challenges", () => {
  const challenged = { name: "0123abcd", cseq: 40, firstCseq: 38 };
  const about = issueNonce({ ...key, salt: "s-_", challenged });

  it("is a nonce like any other", () => {
    expect(check(about)).toBe("fresh");
    expect(check(about, { nowMs: key.nowMs + 60_001 })).toBe("stale");
    expect(check(about.replace("0123abcd", "0123abce"))).toBe("forged");
    expect(about).toMatch(/^[\w.-]+$/);
  });

  it("tells the first attempt's CSeq to the retry that it asked for: the same request with the next CSeq", () => {
    expect(firstCseqOf(about, { name: "0123abcd", cseq: 41 })).toBe(38);
  });

  it.each([
    ["another request of the same client", about, { name: "4567abcd", cseq: 41 }],
    ["the attempt that was challenged", about, { name: "0123abcd", cseq: 40 }],
    [
      "a later request with the same words, under a nonce that it has already used",
      about,
      { name: "0123abcd", cseq: 42 },
    ],
    ["a request under a nonce that says nothing", nonce, { name: "0123abcd", cseq: 41 }],
    ["a request under somebody else's nonce", "abc", { name: "0123abcd", cseq: 41 }],
  ])("tells nothing to %s", (_, text, attempt) => {
    expect(firstCseqOf(text, attempt)).toBeUndefined();
  });
});
