import { describe, expect, it } from "@jest/globals";
import { MessageBook, type MessageTally } from "./message-book.js";
import { SessionBook } from "./session-book.js";
import { areSessionsKept, formatSessions, type SessionTally, sumOfSessions } from "./session-tally.js";

/** One message for r1, acknowledged or not, and to whom it was shown. */
function messages(isAcknowledged: boolean, ...shown: readonly string[]): MessageTally {
  const book = new MessageBook();
  book.say("one", "r1");
  for (const recipient of shown) book.show("one", recipient);
  if (isAcknowledged) book.acknowledge("one");
  return book.tally();
}

describe("the messages of a chaos run over sessions", () => {
  it.each<[string, MessageTally, Partial<MessageTally>]>([
    ["that was acknowledged and shown", messages(true, "r1"), { acknowledged: 1, received: 1 }],
    ["that was acknowledged and never shown", messages(true), { acknowledged: 1, lost: 1 }],
    ["that was shown and not acknowledged", messages(false, "r1"), { received: 1 }],
    ["that was shown twice", messages(true, "r1", "r1"), { acknowledged: 1, received: 1, duplicated: 1 }],
    [
      "that was shown to somebody else",
      messages(true, "r2"),
      { acknowledged: 1, received: 0, lost: 1, duplicated: 1 },
    ],
    [
      "that was shown to somebody else as well",
      messages(true, "r2", "r1"),
      { acknowledged: 1, received: 1, duplicated: 1 },
    ],
  ])("counts one %s", (_, tally, expected) => {
    expect(tally).toEqual({ messages: 1, acknowledged: 0, received: 0, lost: 0, duplicated: 0, ...expected });
  });
});

/** A session that both sides have begun. */
function begun(): SessionBook {
  const book = new SessionBook();
  book.begin("one", "caller");
  book.begin("one", "callee");
  return book;
}

const struckMs = 1_000;

describe("the sessions of a chaos run", () => {
  it.each<[string, (book: SessionBook) => void, "kept" | "ended" | "hung"]>([
    [
      "in which each side has had an answer to what it said after the strike",
      (book) => {
        book.prove("one", "caller", 1_000);
        book.prove("one", "callee", 1_500);
        book.prove("one", "callee", 900);
      },
      "kept",
    ],
    [
      "in which one side has had an answer only to what it said before",
      (book) => {
        book.prove("one", "caller", 1_500);
        book.prove("one", "callee", 999);
      },
      "hung",
    ],
    [
      "that is over on both sides",
      (book) => {
        book.end("one", "caller", 1_200);
        book.end("one", "callee", 3_500);
        book.end("one", "callee", 9_000);
      },
      "ended",
    ],
    [
      "that is over on one side only",
      (book) => {
        book.end("one", "caller", 1_200);
        book.prove("one", "callee", 1_500);
      },
      "hung",
    ],
  ])("judges one %s", (_, happens, verdict) => {
    const book = begun();
    happens(book);
    const none = { kept: [], ended: [], hung: [] };
    const lastEndMs = verdict === "ended" ? 2_500 : 0;
    expect(book.judge(["one"], struckMs)).toEqual({ ...none, [verdict]: ["one"], lastEndMs });
  });

  it("knows which both sides have, one side has, and are over", () => {
    const book = begun();
    book.begin("two", "callee");
    expect([book.live(), book.halves(), book.established, book.ended]).toEqual([["one"], ["two"], 1, 0]);
    book.end("one", "caller", 1);
    expect([book.live(), book.halves()]).toEqual([[], ["one", "two"]]);
    book.end("one", "callee", 2);
    book.end("two", "callee", 2);
    expect([book.halves(), book.established, book.ended]).toEqual([[], 1, 1]);
  });

  it("says how a session stands", () => {
    const book = begun();
    book.end("one", "callee", 1_250);
    expect(book.describe("one", struckMs)).toBe("one: caller silent, callee ended after 250 ms");
  });
});

describe("the promise about sessions", () => {
  const kept: SessionTally = {
    sessions: 8,
    messages: 50,
    acknowledged: 40,
    received: 41,
    lost: 0,
    duplicated: 0,
    moved: 3,
    ended: 2,
    hung: 0,
  };

  it.each<[string, Partial<SessionTally>, boolean]>([
    ["is kept when everything that was acknowledged came", {}, true],
    ["is broken by a lost message", { lost: 1 }, false],
    ["is broken by a message that was shown twice", { duplicated: 1 }, false],
    ["is broken by a session that hangs", { hung: 1 }, false],
    ["is not shown by a run in which nothing was acknowledged", { acknowledged: 0 }, false],
  ])("%s", (_, changes, expected) => {
    expect(areSessionsKept({ ...kept, ...changes })).toBe(expected);
  });

  it("is told in one line over all forms", () => {
    expect(formatSessions(sumOfSessions([kept, { ...kept, hung: 1 }]))).toBe(
      "sessions 16 messages 100 acknowledged 80 received 82 lost 0 duplicated 0 moved 6 ended 4 hung 1",
    );
  });
});
