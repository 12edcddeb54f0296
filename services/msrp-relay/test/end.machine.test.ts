import { describe, expect, it } from "@jest/globals";
import { step } from "@heliograph/kernel";
import { endMachine, type EndEvent, type EndState } from "../src/domain/end.machine.js";

/** Every cell: where it leads and what is done on the way. Left out: cannot happen. */
const cells: Readonly<Record<EndState, Partial<Record<EndEvent, string>>>> = {
  offered: {
    "agreed to wait": "awaiting: await request, let arrivals in",
    "agreed to connect": "connecting: await request, connect, let arrivals in",
    request: "offered: hold request",
    close: "ended: stop timer, refuse what waits",
  },
  awaiting: {
    "agreed to wait": "awaiting: stop timer, await request, let arrivals in",
    "agreed to connect": "connecting: stop timer, await request, connect, let arrivals in",
    request: "bound: stop timer, bind",
    "too late": "failed: tell not bound, refuse what waits",
    close: "ended: stop timer, refuse what waits",
  },
  connecting: {
    "agreed to wait": "awaiting: stop timer, await request, let arrivals in",
    "agreed to connect": "connecting: stop timer, await request, connect, let arrivals in",
    request: "bound: stop timer, bind",
    connected: "bound: stop timer, bind, send bodiless SEND",
    "not connected": "failed: stop timer, tell not bound, refuse what waits",
    "too late": "failed: tell not bound, refuse what waits",
    close: "ended: stop timer, refuse what waits",
  },
  bound: {
    "agreed to wait": "awaiting: release connection, await request, let arrivals in",
    "agreed to connect": "connecting: release connection, await request, connect, let arrivals in",
    request: "bound: ",
    "request elsewhere": "bound: answer 506",
    "connection lost": "lost: start grace",
    close: "ended: release connection, stop timer, refuse what waits",
  },
  lost: {
    "agreed to wait": "awaiting: stop timer, await request, let arrivals in",
    "agreed to connect": "connecting: stop timer, await request, connect, let arrivals in",
    request: "bound: stop timer, bind",
    "too late": "failed: tell connection lost, refuse what waits",
    close: "ended: stop timer, refuse what waits",
  },
  failed: {
    "agreed to wait": "awaiting: await request, let arrivals in",
    "agreed to connect": "connecting: await request, connect, let arrivals in",
    request: "failed: answer 481",
    close: "ended: stop timer, refuse what waits",
  },
  ended: { request: "ended: answer 481", close: "ended: " },
};

const events: readonly EndEvent[] = [
  "agreed to wait",
  "agreed to connect",
  "request",
  "request elsewhere",
  "connected",
  "not connected",
  "connection lost",
  "too late",
  "close",
];

describe("RFC 4975 §5.4: MS-06 MS-14 MS-47 how an end gets and loses its connection", () => {
  for (const [name, row] of Object.entries(cells)) {
    const state = name as EndState;
    it.each(events)(`${state}: %s`, (event) => {
      const expected = row[event];
      if (expected === undefined) {
        expect(() => step(endMachine, state, event)).toThrow("cannot arrive");
        return;
      }
      const { next, actions } = step(endMachine, state, event);
      expect(`${next}: ${actions.join(", ")}`).toBe(expected);
    });
  }
});
