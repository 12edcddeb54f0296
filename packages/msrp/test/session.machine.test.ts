import { describe, expect, it } from "@jest/globals";
import { step } from "@heliograph/kernel";
import { session, type SessionEvent, type SessionState } from "@heliograph/msrp";

/** Where the events lead, and what is done on the way. */
function play(start: SessionState, ...events: SessionEvent[]) {
  let state = start;
  const done: string[] = [];
  for (const event of events) {
    const { next, actions } = step(session, state, event);
    state = next;
    done.push(...actions);
  }
  return { state, done };
}

const failed = ["release connection", "fail open messages", "tell of failure"];

describe("RFC 4975 §5.4 MSRP Connection Model, MS-06 and MS-14", () => {
  it("the active side binds its connection and sends a SEND at once", () => {
    expect(play("connecting", "connected")).toEqual({
      state: "bound",
      done: ["bind connection", "send bodiless SEND"],
    });
  });

  it("the passive side is bound by the first request, and by no other connection", () => {
    expect(play("awaiting request", "request", "request", "request on another connection")).toEqual({
      state: "bound",
      done: ["bind connection", "answer 506"],
    });
  });

  it("a session that nobody binds in time has failed; one that is bound has not", () => {
    expect(play("awaiting request", "not bound in time")).toEqual({ state: "failed", done: failed });
    expect(play("connecting", "not bound in time")).toEqual({ state: "failed", done: failed });
    expect(play("bound", "not bound in time")).toEqual({ state: "bound", done: [] });
  });

  it("a request for a session that has failed or ended gets 481", () => {
    for (const state of ["connecting", "failed", "ended"] as const)
      for (const event of ["request", "request on another connection"] as const)
        expect(play(state, event)).toEqual({ state, done: ["answer 481"] });
  });
});

describe("MS-47 MS-48 a session that fails", () => {
  it.each(["connection lost", "failure report", "481", "506"] as const)(
    "on %s, fails once and for good",
    (event) => {
      expect(play("bound", event, event, "connected", "not bound in time")).toEqual({
        state: "failed",
        done: failed,
      });
      expect(play("bound", event, "end", event, "connected", "end")).toEqual({
        state: "ended",
        done: failed,
      });
    },
  );

  it("fails before it is bound when its connection is lost", () => {
    expect(play("connecting", "connection lost")).toEqual({ state: "failed", done: failed });
    expect(play("awaiting request", "connection lost")).toEqual({ state: "failed", done: failed });
  });

  it.each(["connecting", "awaiting request", "bound"] as const)(
    "ends from %s without telling of failure",
    (state) => {
      expect(play(state, "end", "not bound in time")).toEqual({ state: "ended", done: failed.slice(0, 2) });
    },
  );

  it("throws over what cannot arrive", () => {
    for (const event of ["481", "506", "failure report"] as const)
      for (const state of ["connecting", "awaiting request"] as const)
        expect(() => play(state, event)).toThrow("cannot arrive");
    expect(() => play("bound", "connected")).toThrow("cannot arrive");
    expect(() => play("awaiting request", "connected")).toThrow("cannot arrive");
    expect(() => play("awaiting request", "request on another connection")).toThrow("cannot arrive");
  });
});
