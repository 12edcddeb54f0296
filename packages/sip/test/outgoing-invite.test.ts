import { expect } from "@jest/globals";
import {
  createRequest,
  createResponse,
  type InviteHearer,
  type InviteOutcome,
  outgoingInvite,
  type SipRequest,
  type SipResponse,
} from "@heliograph/sip";
import { FakeClock, PredictableChance } from "@heliograph/testkit";
import { DialogTable } from "../src/dialog/dialog-table.js";
import type { State } from "../src/dialog/outgoing-invite.machine.js";
import { SentInvite } from "../src/dialog/sent-invite.js";
import { surround } from "../src/dialog/surroundings.js";
import { describeMachine, type Scenario } from "./transaction-mutation.js";

const flow = {
  id: "udp,bob",
  transport: "udp",
  localAddress: "alice",
  localPort: 5060,
  remoteAddress: "bob",
  remotePort: 5060,
} as const;

function given() {
  const clock = new FakeClock();
  const sent: string[] = [];
  const told: string[] = [];
  const table = new DialogTable();
  let hearer: InviteHearer | undefined;
  let request: SipRequest | undefined;
  const note = (what: string) => {
    if (sent.push(what) > 100) throw new Error("sends without end");
  };
  const stack = {
    send: (one: SipRequest) => {
      note(`${one.method} ${one.to.params.get("tag")}`);
      return new Promise<never>(() => undefined);
    },
    invite: (one: SipRequest, _: unknown, hears: InviteHearer) => {
      note(`INVITE ${one.headers.get("min-se") ?? ""}`.trim());
      request = one.with({ headers: one.headers.prepend("Via", "SIP/2.0/UDP alice;branch=z9hG4bK1") });
      hearer = hears;
      return { cancel: (reason?: string) => note(`CANCEL ${reason}`) };
    },
    flowOf: () => flow,
  };
  const invite = new SentInvite(
    surround({ stack, clock, chance: new PredictableChance("tag"), contact: () => "<sip:alice>" }, table),
    {
      request: createRequest({
        method: "INVITE",
        requestUri: "sip:bob",
        headers: [
          ["From", "<sip:alice>"],
          ["To", "<sip:bob>"],
        ],
        body: new Uint8Array(1),
      }),
      target: { kind: "uri", uri: "sip:bob" },
      ringMs: 180_000,
      onProgress: ({ status }) => void told.push(String(status)),
    },
    {
      settle: (outcome: InviteOutcome) => void told.push(outcome.kind),
      over: () => void told.push("over"),
    },
  );
  invite.start();
  const responseOf = (
    status: number,
    tag: string,
    headers: readonly (readonly [string, string])[],
  ): SipResponse => {
    if (!request) throw new Error("nothing was sent");
    return createResponse(request, status, { toTag: tag, headers });
  };
  const answer = (status: number, tag = "one") => hearer?.onResponse(responseOf(status, tag, []), flow);
  const fail = (status: number, headers: readonly (readonly [string, string])[] = []) =>
    hearer?.onFailed({ kind: "response", response: responseOf(status, "one", headers) });
  const silence = () => hearer?.onFailed({ kind: "silent" });
  return { clock, sent, told, table, invite, answer, fail, silence };
}

type Given = ReturnType<typeof given>;

const ways: Readonly<Record<State, (all: Given) => void>> = {
  calling: () => undefined,
  cancelled: ({ invite, answer }) => {
    answer(180);
    invite.cancel("given up");
  },
  established: ({ answer }) => answer(200),
  over: ({ answer, clock }) => {
    answer(200);
    clock.advance(32_000);
  },
};

function in_(state: State): Given {
  const all = given();
  ways[state](all);
  expect(all.invite.state).toBe(state);
  all.sent.length = 0;
  all.told.length = 0;
  return all;
}

const situation = ({ invite, sent, told }: Given) => [invite.state, sent, told];
const states = Object.keys(ways) as State[];
const others = states.filter((state) => state !== "calling");

const scenarios: Scenario[] = [
  {
    title: "§13.2.2.1 passes provisional responses to its user while that waits for an outcome",
    run: () => {
      for (const state of states) {
        const all = in_(state);
        all.answer(180, "new");
        expect(situation(all)).toEqual([state, [], state === "calling" ? ["180"] : []]);
      }
    },
  },
  {
    title: "§13.2.2.4, GEN-41: the first 2xx makes the session; every other one is acknowledged and ended",
    run: () => {
      const first = in_("calling");
      first.answer(200);
      expect(situation(first)).toEqual(["established", ["ACK one"], ["accepted"]]);
      for (const state of others) {
        const all = in_(state);
        all.answer(200, "two");
        expect(situation(all)).toEqual([state, ["ACK two", "BYE two"], []]);
      }
    },
  },
  {
    title: "§13.2.2.4 MUST pass the ACK to the transport again for each repeated 2xx",
    run: () => {
      for (const state of others) {
        const all = in_(state);
        all.answer(200, "two");
        all.sent.length = 0;
        all.answer(200, "two");
        expect(situation(all)).toEqual([state, ["ACK two"], []]);
      }
    },
  },
  {
    title: "§13.2.2.3 a refusal or silence ends early dialogs, and is the outcome unless its user has one",
    run: () => {
      for (const end of ["refused", "silent"] as const) {
        const all = in_("calling");
        all.answer(180);
        expect(all.table.size).toBe(1);
        all.told.length = 0;
        if (end === "refused") all.fail(486);
        else all.silence();
        expect(situation(all)).toEqual(["over", [], [end, "over"]]);
        expect([all.table.size, all.clock.armed]).toEqual([0, 0]);
        const cancelled = in_("cancelled");
        cancelled.fail(487);
        expect(situation(cancelled)).toEqual(["over", [], ["over"]]);
        expect([cancelled.table.size, cancelled.clock.armed]).toEqual([0, 0]);
      }
    },
  },
  {
    title: "RFC 4028 §7.3 sends the INVITE again with a longer interval, unless it was given up",
    run: () => {
      const all = in_("calling");
      all.answer(180);
      all.told.length = 0;
      all.fail(422, [["Min-SE", "2000"]]);
      expect(situation(all)).toEqual(["calling", ["INVITE 2000"], []]);
      expect(all.table.size).toBe(0);
      const cancelled = in_("cancelled");
      cancelled.fail(422, [["Min-SE", "2000"]]);
      expect(situation(cancelled)).toEqual(["over", [], ["over"]]);
      expect(cancelled.table.size).toBe(0);
    },
  },
  {
    title: "§9.1, GEN-40, GEN-17: CANCEL with its Reason, once, and never after a 2xx",
    run: () => {
      const all = in_("calling");
      all.invite.cancel("given up");
      expect(situation(all)).toEqual(["cancelled", ["CANCEL given up"], ["cancelled"]]);
      for (const state of others) {
        const later = in_(state);
        later.invite.cancel("given up");
        expect(situation(later)).toEqual([state, [], []]);
      }
    },
  },
  {
    title: "gives up when it has rung for too long",
    run: () => {
      const all = in_("calling");
      all.clock.advance(179_999);
      expect(situation(all)).toEqual(["calling", [], []]);
      all.clock.advance(1);
      expect(situation(all)).toEqual(["cancelled", ["CANCEL undefined"], ["silent"]]);
      const ringing = in_("cancelled");
      ringing.clock.advance(180_000);
      expect(situation(ringing)).toEqual(["cancelled", [], []]);
    },
  },
  {
    title: "§13.2.2.4 is over 64*T1 after the first 2xx, with every early dialog",
    run: () => {
      const all = in_("calling");
      all.answer(180, "two");
      all.answer(200, "one");
      all.told.length = 0;
      all.clock.advance(31_999);
      expect([all.invite.state, all.table.size, all.told]).toEqual(["established", 2, []]);
      all.clock.advance(1);
      expect([all.invite.state, all.table.size, all.told]).toEqual(["over", 1, ["over"]]);
      expect(all.sent).toEqual(["ACK one"]);
      const cancelled = in_("cancelled");
      cancelled.answer(180, "three");
      cancelled.answer(200, "two");
      cancelled.clock.advance(32_000);
      expect(situation(cancelled)).toEqual(["over", ["ACK two", "BYE two"], ["over"]]);
      expect(cancelled.table.size).toBe(1);
    },
  },
];

describeMachine("RFC 3261 §13.2 an INVITE of ours", outgoingInvite, {
  scenarios,
  alwaysSeen: ["send CANCEL", "tell cancelled", "forget"],
});
