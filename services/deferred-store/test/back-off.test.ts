import { describe, expect, it } from "@jest/globals";
import { backOffMs } from "../src/domain/back-off.js";
import { repeatKeysOf } from "../src/domain/repeat-keys.js";
import { bob, messageOf } from "./given.js";

describe("DF-36 the pause after a push that found no device", () => {
  const limits = { firstMs: 2_000, maxMs: 300_000 };

  it("doubles with each failure up to a bound", () => {
    const pauses = [1, 2, 3, 8, 9, 1_000].map((failures) => backOffMs(limits, failures, () => 1));
    expect(pauses).toEqual([2_000, 4_000, 8_000, 256_000, 300_000, 300_000]);
  });

  it("is spread over half of its length, so that queues do not wake together", () => {
    expect(backOffMs(limits, 3, () => 0)).toBe(4_000);
    expect(backOffMs(limits, 3, () => 0.5)).toBe(6_000);
  });
});

describe("GEN-19 what makes a repeat", () => {
  const message = messageOf();
  const keys = (changes: object, owner = bob) => repeatKeysOf(owner, { ...message, ...changes }, "id-1");

  it("is owner, Call-ID, CSeq and From tag, whatever else of From is written differently", () => {
    const tag = /tag=(\w+)/.exec(message.from)?.[1];
    expect(keys({ from: `<sip:alice@example.org>;TAG=${tag};x=y`, id: "other" })).toEqual(keys({}));
    for (const changes of [{ callId: "other" }, { cseq: 2 }, { from: "<sip:alice@example.org>;tag=other" }]) {
      expect(keys(changes).call).not.toBe(keys({}).call);
    }
    expect(keys({}, "sip:carol@example.org").call).not.toBe(keys({}).call);
  });

  it("is owner, sender and Message-ID, where the message has one", () => {
    expect(keys({ callId: "other" }).message).toBe(keys({}).message);
    expect(repeatKeysOf(bob, message, undefined).message).toBeUndefined();
  });
});
