import { describe, expect, it } from "@jest/globals";
import { type Copy, Ledger } from "./ledger.js";
import { format, isKept, sum, type Tally } from "./tally.js";

const copy = (changes: Partial<Copy> = {}): Copy => ({
  recipient: "r1",
  callId: "c1",
  cseq: 2,
  messageId: "m1",
  ...changes,
});

/** One message for r1 that was answered so, and the copies that came. */
function after(isAccepted: boolean, ...copies: readonly Copy[]): Tally {
  const ledger = new Ledger();
  const answered = ledger.submit("one", "r1");
  for (const each of copies) ledger.arrive("one", each);
  answered(isAccepted);
  return ledger.tally();
}

describe("the ledger of a chaos run", () => {
  it.each<[string, Tally, Partial<Tally>]>([
    ["that was accepted and arrived", after(true, copy()), { accepted: 1, delivered: 1 }],
    ["that was accepted and never arrived", after(true), { accepted: 1, lost: 1 }],
    [
      "that was accepted and came to another user",
      after(true, copy({ recipient: "r2" })),
      { accepted: 1, lost: 1, duplicated: 1 },
    ],
    [
      "that came to its user and to another",
      after(true, copy(), copy({ recipient: "r2" })),
      { accepted: 1, delivered: 1, duplicated: 1 },
    ],
    ["that was refused and did not arrive", after(false), {}],
    ["that was refused and arrived", after(false, copy()), {}],
    [
      "that came again with its Message-ID",
      after(true, copy(), copy({ cseq: 3 })),
      { accepted: 1, delivered: 1, redelivered: 1 },
    ],
    [
      "that came again with another Message-ID",
      after(true, copy(), copy({ messageId: "m2" })),
      { accepted: 1, delivered: 1, duplicated: 1 },
    ],
    [
      "that came again with another Call-ID",
      after(true, copy(), copy({ callId: "c2" })),
      { accepted: 1, delivered: 1, duplicated: 1 },
    ],
    [
      "that was refused and came twice as two",
      after(false, copy(), copy({ callId: "c2" })),
      { duplicated: 1 },
    ],
    [
      "without Message-ID that came again with its CSeq",
      after(true, copy({ messageId: undefined }), copy({ messageId: undefined })),
      { accepted: 1, delivered: 1, redelivered: 1 },
    ],
    [
      "without Message-ID that came again with another CSeq",
      after(true, copy({ messageId: undefined }), copy({ messageId: undefined, cseq: 3 })),
      { accepted: 1, delivered: 1, duplicated: 1 },
    ],
  ])("counts a message %s", (_, tally, expected) => {
    expect(tally).toEqual({ accepted: 0, delivered: 0, lost: 0, duplicated: 0, redelivered: 0, ...expected });
  });

  it("takes for in flight at a kill what has no answer yet, and one push for each recipient", () => {
    const ledger = new Ledger();
    const answered = ledger.submit("one", "r1");
    ledger.submit("two", "r1");
    ledger.strike(12);
    answered(true);
    ledger.strike(12);
    expect(ledger.inFlightAtStrikes).toBe(14 + 13);
    expect(ledger.missing()).toEqual(["one"]);
  });
});

describe("the promise", () => {
  const kept: Tally = { accepted: 10, delivered: 10, lost: 0, duplicated: 0, redelivered: 2 };

  it.each<[string, Tally, number, boolean]>([
    ["is kept when only what was in flight came twice", kept, 2, true],
    ["is broken by a second copy of what was not in flight", kept, 1, false],
    ["is broken by a lost message", { ...kept, delivered: 9, lost: 1 }, 2, false],
    ["is broken by a duplicate", { ...kept, duplicated: 1 }, 2, false],
    ["is not shown by a run in which nothing was accepted", { ...kept, accepted: 0, delivered: 0 }, 2, false],
  ])("%s", (_, tally, inFlight, expected) => {
    expect(isKept(tally, inFlight)).toBe(expected);
  });

  it("is told in one line over all forms", () => {
    expect(format(sum([kept, { ...kept, lost: 1 }]))).toBe(
      "accepted 20 delivered 20 lost 1 duplicated 0 redelivered 4",
    );
  });
});
