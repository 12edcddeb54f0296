import { expect } from "@jest/globals";
import { sessionTimer } from "@heliograph/sip";
import { FakeClock } from "@heliograph/testkit";
import { SessionTimer } from "../src/dialog/session-timer.js";
import type { State } from "../src/dialog/session-timer.machine.js";
import { describeMachine, type Scenario } from "./transaction-mutation.js";

const ours = { intervalS: 600, isOurs: true };
const theirs = { intervalS: 600, isOurs: false };
const halfMs = 300_000;
const endMs = 568_000;

function given() {
  const clock = new FakeClock();
  const told: string[] = [];
  const timer = new SessionTimer(clock, {
    refresh: () => void told.push(`refresh at ${clock.monotonicMs() / 1_000}`),
    expire: () => void told.push(`over at ${clock.monotonicMs() / 1_000}`),
  });
  return { clock, told, timer };
}

type Given = ReturnType<typeof given>;

const ways: Readonly<Record<State, (all: Given) => void>> = {
  off: () => undefined,
  refresher: ({ timer }) => timer.set(ours),
  refreshing: ({ timer, clock }) => {
    timer.set(ours);
    clock.advance(halfMs);
  },
  refused: ({ timer, clock }) => {
    timer.set(ours);
    clock.advance(halfMs);
    timer.refused();
  },
  watcher: ({ timer }) => timer.set(theirs),
};

function in_(state: State): Given {
  const all = given();
  ways[state](all);
  expect(all.timer.state).toBe(state);
  all.told.length = 0;
  return all;
}

const states = Object.keys(ways) as State[];

const scenarios: Scenario[] = [
  {
    title: "§7.2, §9: each 2xx says anew who refreshes, half the interval after it",
    run: () => {
      for (const state of states) {
        const { timer, clock, told } = in_(state);
        clock.advance(1_000);
        timer.set(ours);
        const beganMs = clock.monotonicMs();
        expect([timer.state, timer.interval, clock.armed]).toEqual(["refresher", ours, 1]);
        clock.advance(halfMs - 1);
        expect(told).toEqual([]);
        clock.advance(1);
        expect([timer.state, told]).toEqual(["refreshing", [`refresh at ${(beganMs + halfMs) / 1_000}`]]);
        expect(clock.armed).toBe(1);
      }
    },
  },
  {
    title: "§10, GEN-12: who does not refresh ends the session min(32 s, a third) before it expires",
    run: () => {
      for (const state of states) {
        const { timer, clock, told } = in_(state);
        clock.advance(1_000);
        timer.set(theirs);
        const beganMs = clock.monotonicMs();
        expect([timer.state, clock.armed]).toEqual(["watcher", 1]);
        clock.advance(endMs - 1);
        expect([timer.state, told]).toEqual(["watcher", []]);
        clock.advance(1);
        expect([timer.state, told, clock.armed]).toEqual([
          "off",
          [`over at ${(beganMs + endMs) / 1_000}`],
          0,
        ]);
      }
      const { timer, clock, told } = in_("off");
      timer.set({ intervalS: 90, isOurs: false });
      clock.advance(60_000);
      expect(told).toEqual(["over at 60"]);
    },
  },
  {
    title: "§7.2: a 2xx without Session-Expires turns the timer off, and so does the end of the dialog",
    run: () => {
      for (const state of states) {
        for (const end of ["none", "over"] as const) {
          const { timer, clock, told } = in_(state);
          if (end === "none") timer.set(undefined);
          else timer.over();
          clock.advance(2 * endMs);
          expect([timer.state, told, clock.armed]).toEqual(["off", [], 0]);
        }
      }
    },
  },
  {
    title: "§10: a refresh that nobody answers does not keep the session",
    run: () => {
      const { timer, clock, told } = in_("refreshing");
      clock.advance(endMs - halfMs - 1);
      expect([timer.state, told]).toEqual(["refreshing", []]);
      clock.advance(1);
      expect([timer.state, told, clock.armed]).toEqual(["off", ["over at 568"], 0]);
    },
  },
  {
    title:
      "§10: a refresh that is refused is tried again in the middle of the time that is left, until little is left",
    run: () => {
      const { timer, clock, told } = in_("refused");
      expect(clock.armed).toBe(1);
      clock.advance(134_000);
      expect([timer.state, told, clock.armed]).toEqual(["refreshing", ["refresh at 434"], 1]);
      for (let tries = 0; tries < 4; tries += 1) {
        timer.refused();
        expect(timer.state).toBe("refused");
        clock.advance((endMs - clock.monotonicMs()) / 2);
      }
      timer.refused();
      timer.refused();
      clock.advance(60_000);
      expect([timer.state, clock.armed]).toEqual(["off", 0]);
      expect(told).toEqual([
        "refresh at 434",
        "refresh at 501",
        "refresh at 534.5",
        "refresh at 551.25",
        "refresh at 559.625",
        "over at 568",
      ]);
    },
  },
  {
    title: "an answer that comes when nobody waits for it says nothing",
    run: () => {
      for (const state of ["off", "refresher", "refused", "watcher"] as const) {
        const { timer, clock, told } = in_(state);
        const { armed } = clock;
        timer.refused();
        expect([timer.state, told, clock.armed]).toEqual([state, [], armed]);
      }
    },
  },
];

describeMachine("RFC 4028 §7 the session timer", sessionTimer, {
  scenarios,
  alwaysSeen: ["refresh", "end session"],
});
