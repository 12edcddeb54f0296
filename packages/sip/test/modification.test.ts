import { expect } from "@jest/globals";
import { modification } from "@heliograph/sip";
import { Modifications } from "../src/dialog/modifications.js";
import type { State } from "../src/dialog/modification.machine.js";
import { describeMachine, type Scenario } from "./transaction-mutation.js";

function given() {
  const sent: string[] = [];
  const changes = new Modifications("inviting", 3);
  changes.settled();
  const want = (method: "INVITE" | "UPDATE", name: string) =>
    changes.want(method, () => void sent.push(`${method} ${name}`));
  return { changes, sent, want };
}

type Given = ReturnType<typeof given>;

const ways: Readonly<Record<State, (all: Given) => unknown>> = {
  idle: () => undefined,
  inviting: ({ want }) => want("INVITE", "first"),
  updating: ({ want }) => want("UPDATE", "first"),
  invited: ({ changes }) => changes.admit("INVITE"),
  accepted: ({ changes }) => [changes.admit("INVITE"), changes.answered("2xx")],
  offered: ({ changes }) => [changes.admit("INVITE"), changes.answered("2xx with offer")],
  updated: ({ changes }) => changes.admit("UPDATE"),
};

function in_(state: State): Given {
  const all = given();
  ways[state](all);
  expect(all.changes.state).toBe(state);
  return all;
}

const busy = ["inviting", "updating", "invited", "accepted", "offered", "updated"] as const;

/** What ends each of the states in which something is under way. */
const endings: Readonly<Record<(typeof busy)[number], readonly ((all: Given) => void)[]>> = {
  inviting: [({ changes }) => changes.settled()],
  updating: [({ changes }) => changes.settled()],
  invited: [({ changes }) => changes.answered("refused")],
  accepted: [({ changes }) => changes.acknowledged()],
  offered: [({ changes }) => changes.acknowledged()],
  updated: [({ changes }) => changes.answered("2xx"), ({ changes }) => changes.answered("refused")],
};

const scenarios: Scenario[] = [
  {
    title: "sends at once what nothing stands in the way of",
    run: () => {
      for (const [method, state] of [
        ["INVITE", "inviting"],
        ["UPDATE", "updating"],
      ] as const) {
        const { changes, sent, want } = in_("idle");
        want(method, "one");
        expect([changes.state, sent]).toEqual([state, [`${method} one`]]);
      }
    },
  },
  {
    title:
      "§14.1, RFC 3311 §5.1: what may not be sent waits, and goes out one after the other when its turn comes",
    run: () => {
      for (const state of busy) {
        for (const end of endings[state]) {
          const all = in_(state);
          all.sent.length = 0;
          all.want("INVITE", "one");
          expect([all.changes.state, all.sent]).toEqual([state, []]);
          all.want("UPDATE", "two");
          expect([all.changes.state, all.sent]).toEqual([state, []]);
          end(all);
          expect([all.changes.state, all.sent]).toEqual(["inviting", ["INVITE one"]]);
          all.changes.settled();
          expect([all.changes.state, all.sent]).toEqual(["updating", ["INVITE one", "UPDATE two"]]);
          all.changes.settled();
          expect([all.changes.state, all.sent.length]).toEqual(["idle", 2]);
        }
      }
    },
  },
  {
    title: "is idle again when nothing waits",
    run: () => {
      for (const state of busy) {
        for (const end of endings[state]) {
          const all = in_(state);
          end(all);
          expect(all.changes.state).toBe("idle");
        }
      }
    },
  },
  {
    title:
      "passes an INVITE and an offer to the user when nothing stands in the way, also before the ACK to an earlier 2xx",
    run: () => {
      for (const state of ["idle", "accepted"] as const) {
        for (const [method, next] of [
          ["INVITE", "invited"],
          ["UPDATE", "updated"],
        ] as const) {
          const { changes } = in_(state);
          expect([changes.admit(method), changes.state]).toEqual(["pass", next]);
        }
      }
    },
  },
  {
    title: "§14.2, RFC 3311 §5.2, GEN-15: MUST refuse with 491 while an INVITE or an offer of ours is open",
    run: () => {
      for (const state of ["inviting", "updating", "offered"] as const) {
        for (const method of ["INVITE", "UPDATE"] as const) {
          const { changes } = in_(state);
          expect([changes.admit(method), changes.state]).toEqual(["refuse with 491", state]);
        }
      }
    },
  },
  {
    title:
      "§14.2, RFC 3311 §5.2, GEN-15: MUST refuse with 500 while an earlier INVITE or offer of theirs is not answered",
    run: () => {
      for (const state of ["invited", "updated"] as const) {
        for (const method of ["INVITE", "UPDATE"] as const) {
          const { changes } = in_(state);
          expect([changes.admit(method), changes.state]).toEqual(["refuse with 500", state]);
        }
      }
    },
  },
  {
    title: "bounds what waits, and lets it all go when the session is over",
    run: () => {
      const { changes, sent, want } = in_("invited");
      expect([1, 2, 3, 4].map((count) => want("INVITE", String(count)))).toEqual([true, true, true, false]);
      changes.abandon();
      expect(sent).toEqual(["INVITE 1", "INVITE 2", "INVITE 3"]);
      expect(new Modifications("invited", 1).state).toBe("invited");
    },
  },
];

describeMachine("RFC 3261 §14 who may change a session", modification, { scenarios, alwaysSeen: [] });
