import { describe, expect, it } from "@jest/globals";
import { loadConfig } from "@heliograph/runtime";
import { readSipCoreConfig } from "../src/index.js";
import { offeredTo, readAlgorithms } from "../src/domain/offered-algorithms.js";

const { digest } = loadConfig({}, readSipCoreConfig);

describe("GEN-32 RFC 8760 §2.4 which algorithms a client is challenged with", () => {
  it.each([
    ["a client that says nothing of itself", undefined, ["SHA-256", "MD5"]],
    ["Linphone, which gives up at SHA-512-256", "Linphonec/5.1.65 (belle-sip/5.1.65)", ["SHA-256", "MD5"]],
    ["baresip 1.0, which gives up at all but MD5", "baresip v1.0.0 (x86_64/linux)", ["MD5"]],
    ["baresip 3, which does not", "baresip v3.9.0 (x86_64/linux)", ["SHA-256", "MD5"]],
  ])("%s", (_, userAgent, algorithms) => {
    expect(offeredTo(userAgent, digest)).toEqual(algorithms);
  });

  it("an operator who wants no MD5 offers none, to nobody", () => {
    const strict = loadConfig({ DIGEST_ALGORITHMS: "SHA-256" }, readSipCoreConfig).digest;
    expect(offeredTo("baresip v1.0.0", strict)).toEqual(["SHA-256"]);
  });

  it("takes the names in any order and case, and offers the strongest first", () => {
    expect(readAlgorithms(["md5", "sha-512-256"])).toEqual(["SHA-512-256", "MD5"]);
  });

  it.each([[["SHA-1"]], [["MD5", "SHA-1"]], [[]]])("does not take %j", (names) => {
    expect(readAlgorithms(names)).toBeUndefined();
    expect(() => loadConfig({ DIGEST_ALGORITHMS: "SHA-1" }, readSipCoreConfig)).toThrow(/DIGEST_ALGORITHMS/);
  });
});
