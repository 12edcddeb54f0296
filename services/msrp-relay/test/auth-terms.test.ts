import { describe, expect, it } from "@jest/globals";
import { decideExpiry, isAuthFailure, realmFor } from "../src/domain/auth-terms.js";

describe("RFC 4976 §5.1: MS-23 whose realm a client is asked for", () => {
  const domains = ["a.example", "b.example"];
  const realm = (relayUri: string, configured?: string, credentials: readonly string[] = []) =>
    realmFor({ credentials, configured, relayUri, domains });

  it.each([
    ["msrps://relay.b.example:2855;tcp", "b.example"],
    ["msrps://b.example;tcp", "b.example"],
    ["msrps://alice%40B.example@relay.a.example;tcp", "b.example"],
    ["msrps://alice%40other.example@relay.a.example;tcp", "a.example"],
    ["msrps://notb.example;tcp", "a.example"],
    ["msrps://192.0.2.1;tcp", "a.example"],
    ["no URI", "a.example"],
  ])("%s leads to %s", (uri, expected) => {
    expect(realm(uri)).toBe(expected);
  });

  it("is what the operator says, and first of all what credentials are for", () => {
    expect(realm("msrps://b.example;tcp", "c.example")).toBe("c.example");
    expect(realm("msrps://b.example;tcp", "c.example", ['Digest realm="d.example"'])).toBe("d.example");
    expect(realmFor({ credentials: ["nonsense"], configured: undefined, relayUri: "", domains: [] })).toBe(
      undefined,
    );
  });
});

describe("RFC 4976 §6.3: MS-20 how long", () => {
  const terms = { minExpiresS: 60, maxExpiresS: 600, expiresS: 300 };

  it.each([
    [undefined, { kind: "granted", expiresS: 300 }],
    ["60", { kind: "granted", expiresS: 60 }],
    ["600", { kind: "granted", expiresS: 600 }],
    ["59", { kind: "out of bounds", field: "Min-Expires", seconds: 60 }],
    ["601", { kind: "out of bounds", field: "Max-Expires", seconds: 600 }],
    ["-1", { kind: "malformed" }],
    ["", { kind: "malformed" }],
    ["9".repeat(40), { kind: "malformed" }],
  ])("%s is %j", (asked, expected) => {
    expect(decideExpiry(asked, terms)).toEqual(expected);
  });
});

describe("RFC 4976 §6.3: MS-23 what is a failure", () => {
  it.each([
    [true, ['Digest realm="x", nonce="n"'], true],
    [true, ['Digest realm="x", nonce="n", stale=true'], false],
    [true, ['Digest realm="x",stale="TRUE"'], false],
    [false, ['Digest realm="x", nonce="n"'], false],
  ])("credentials: %s, challenges: %j", (had, challenges, expected) => {
    expect(isAuthFailure(had, challenges)).toBe(expected);
  });
});
