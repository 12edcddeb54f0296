import { describe, expect, it } from "@jest/globals";
import { publicGruuOf, TemporaryGruus } from "../src/domain/gruu.js";

const alice = "sip:alice@a.example";
const instance = "<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>";
const userOf = (gruu: string) => gruu.slice("sip:".length, gruu.indexOf("@"));

describe("RFC 5627 §5.4, SC-14 construction of a GRUU", () => {
  it("MUST make a public GRUU by adding gr to the address of record", () => {
    expect(publicGruuOf(alice, instance)).toBe(`${alice};gr=urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6`);
    expect(publicGruuOf(alice, '<odd;"one>')).toBe(`${alice};gr=odd%3B%22one`);
  });

  it("MUST be able to determine instance and address of record of a temporary GRUU", () => {
    const gruus = new TemporaryGruus(Buffer.alloc(32, 1));
    const gruu = gruus.issue(alice, instance, 1_700_000_000_000);
    expect(gruus.read(userOf(gruu))).toMatchObject({ aor: alice, issuedAtMs: 1_700_000_000_000 });
  });

  it("MUST NOT let anybody see that two temporary GRUUs are of one user", () => {
    const gruus = new TemporaryGruus(Buffer.alloc(32, 1));
    const [first = "", second = ""] = [gruus.issue(alice, instance, 5), gruus.issue(alice, instance, 5)].map(
      userOf,
    );
    expect(first.slice(6, 30)).not.toBe(second.slice(6, 30));
    expect(userOf(gruus.issue("sip:a@a.example", instance, 5))).toHaveLength(first.length);
  });

  it("reads nothing that another key has sealed", () => {
    const gruu = new TemporaryGruus(Buffer.alloc(32, 1)).issue(alice, instance, 5);
    expect(new TemporaryGruus(Buffer.alloc(32, 2)).read(userOf(gruu))).toBeUndefined();
  });

  it.each(["alice", "tgruu.", "tgruu.AAAA", `tgruu.${"A".repeat(200)}`])("reads nothing from %s", (user) => {
    expect(new TemporaryGruus(Buffer.alloc(32, 1)).read(user)).toBeUndefined();
  });
});
