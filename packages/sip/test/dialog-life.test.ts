import { expect } from "@jest/globals";
import { dialogLife } from "@heliograph/sip";
import type { Event, State } from "../src/dialog/dialog.machine.js";
import { DialogLife } from "../src/dialog/dialog-life.js";
import { describeMachine, type Scenario } from "./transaction-mutation.js";

const bye = { request: {}, flow: {}, respond: () => undefined } as never;

function given(...events: Event[]) {
  const told: string[] = [];
  const life = new DialogLife({
    sendBye: (reason) => void told.push(`BYE ${reason}`),
    answerBye: (incoming) => void told.push(incoming === bye ? "answered" : "answered something else"),
    inform: (end) => void told.push(`ended by ${end.by}`),
    forget: () => void told.push("forgot"),
  });
  for (const event of events) live(life, event);
  return { life, told };
}

const ends = {
  bye: { end: { by: "local" }, reason: "done" },
  BYE: { end: { by: "remote", reasons: [] }, bye },
  "no ACK": { end: { by: "failure", why: "no ACK" }, reason: "no ACK" },
  failure: { end: { by: "failure", why: "gone" }, reason: "gone" },
  "flow closed": { end: { by: "failure", why: "flow closed" } },
  refused: { end: { by: "remote", reasons: [] } },
} as const;

function live(life: DialogLife, event: Event): void {
  life.on(event, event in ends ? ends[event as keyof typeof ends] : {});
}

const ways: Readonly<Record<State, readonly Event[]>> = {
  early: [],
  accepted: ["2xx sent"],
  leaving: ["2xx sent", "bye"],
  confirmed: ["2xx received"],
  ending: ["2xx received", "bye"],
  terminated: ["refused"],
};

/** What an event makes of a state: the next one, and what was done. */
function after(state: State, event: Event): [State, ...string[]] {
  const { life, told } = given(...ways[state]);
  expect(life.state).toBe(state);
  told.length = 0;
  live(life, event);
  return [life.state, ...told];
}

const scenarios: Scenario[] = [
  {
    title: "§12.1 is early until a 2xx is sent or received, whose ACK the callee waits for",
    run: () => {
      expect(after("early", "2xx sent")).toEqual(["accepted"]);
      expect(after("early", "2xx received")).toEqual(["confirmed"]);
      expect(after("accepted", "ACK")).toEqual(["confirmed"]);
      for (const state of ["early", "confirmed", "ending", "terminated"] as const) {
        expect(after(state, "ACK")).toEqual([state]);
      }
    },
  },
  {
    title:
      "§12.3 an early dialog ends with the INVITE that began it, without a word to a user who never had it",
    run: () => {
      expect(after("early", "refused")).toEqual(["terminated", "forgot"]);
      expect(after("early", "failure")).toEqual(["early"]);
      expect(after("early", "flow closed")).toEqual(["early"]);
      expect(after("early", "BYE")).toEqual(["terminated", "answered", "forgot"]);
    },
  },
  {
    title: "§15 a 2xx that was promised and never sent ends the dialog of its user",
    run: () => {
      expect(after("accepted", "refused")).toEqual(["terminated", "ended by remote", "forgot"]);
      expect(after("leaving", "refused")).toEqual(["terminated", "forgot"]);
    },
  },
  {
    title: "§15.1.1 the user's wish to end sends BYE, with its Reason, and the answer to that is the end",
    run: () => {
      expect(after("confirmed", "bye")).toEqual(["ending", "ended by local", "BYE done"]);
      expect(after("ending", "BYE answered")).toEqual(["terminated", "forgot"]);
      for (const state of ["leaving", "ending", "terminated"] as const) {
        expect(after(state, "bye")).toEqual([state]);
        expect(after(state, "failure")).toEqual([state]);
      }
    },
  },
  {
    title: "§15 the callee MUST NOT send BYE until it has the ACK or 64*T1 have passed",
    run: () => {
      expect(after("accepted", "bye")).toEqual(["leaving", "ended by local"]);
      expect(after("accepted", "failure")).toEqual(["leaving", "ended by failure"]);
      expect(after("leaving", "ACK")).toEqual(["ending", "BYE done"]);
      expect(after("leaving", "no ACK")).toEqual(["ending", "BYE done"]);
    },
  },
  {
    title:
      "§13.3.1.4, GEN-35: a 2xx without ACK, to the first INVITE or a later one, ends the session with BYE",
    run: () => {
      expect(after("accepted", "no ACK")).toEqual(["ending", "ended by failure", "BYE no ACK"]);
      expect(after("confirmed", "no ACK")).toEqual(["ending", "ended by failure", "BYE no ACK"]);
      for (const state of ["ending", "terminated"] as const) expect(after(state, "no ACK")).toEqual([state]);
    },
  },
  {
    title: "§12.2.1.2 408 or 481 to a request in it, or a session timer, ends it with BYE",
    run: () => expect(after("confirmed", "failure")).toEqual(["ending", "ended by failure", "BYE gone"]),
  },
  {
    title: "§15.1.2 MUST answer a BYE, whatever was under way",
    run: () => {
      for (const state of ["accepted", "confirmed"] as const) {
        expect(after(state, "BYE")).toEqual(["terminated", "answered", "ended by remote", "forgot"]);
      }
      for (const state of ["leaving", "ending"] as const) {
        expect(after(state, "BYE")).toEqual(["terminated", "answered", "forgot"]);
      }
    },
  },
  {
    title: "is over without BYE when nothing leads to the peer any more",
    run: () => {
      for (const state of ["accepted", "confirmed"] as const) {
        expect(after(state, "flow closed")).toEqual(["terminated", "ended by failure", "forgot"]);
      }
      for (const state of ["leaving", "ending"] as const) {
        expect(after(state, "flow closed")).toEqual(["terminated", "forgot"]);
      }
      expect(after("terminated", "flow closed")).toEqual(["terminated"]);
    },
  },
  {
    title: "§14 further INVITEs and their 2xx change nothing in its life",
    run: () => {
      for (const state of ["accepted", "leaving", "confirmed"] as const) {
        expect(after(state, "2xx sent")).toEqual([state]);
      }
      for (const state of ["confirmed", "ending", "terminated"] as const) {
        expect(after(state, "2xx received")).toEqual([state]);
      }
      expect(after("terminated", "refused")).toEqual(["terminated"]);
      expect(after("terminated", "BYE answered")).toEqual(["terminated"]);
    },
  },
];

describeMachine("RFC 3261 §12 the life of a dialog", dialogLife, {
  scenarios,
  alwaysSeen: ["send BYE", "inform user", "forget"],
});
