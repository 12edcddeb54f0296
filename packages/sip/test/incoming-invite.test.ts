import { expect } from "@jest/globals";
import {
  createRequest,
  type DialogEnd,
  incomingInvite,
  type InviteWatcher,
  type SipRequest,
  type SipResponse,
} from "@heliograph/sip";
import { FakeClock, PredictableChance } from "@heliograph/testkit";
import { DialogTable } from "../src/dialog/dialog-table.js";
import type { State } from "../src/dialog/incoming-invite.machine.js";
import { ReceivedInvite } from "../src/dialog/received-invite.js";
import { surround } from "../src/dialog/surroundings.js";
import { describeMachine, type Scenario } from "./transaction-mutation.js";

const flow = {
  id: "udp,carol",
  transport: "udp",
  localAddress: "bob",
  localPort: 5060,
  remoteAddress: "carol",
  remotePort: 5060,
} as const;

function requestOf(
  method: string,
  number: number,
  fields: readonly (readonly [string, string])[],
): SipRequest {
  return createRequest({
    method,
    requestUri: "sip:bob",
    headers: [
      ["Via", "SIP/2.0/UDP carol;branch=z9hG4bK1"],
      ["From", "<sip:carol>;tag=theirs"],
      ["To", "<sip:bob>"],
      ["Call-ID", "call"],
      ["CSeq", `${number} ${method}`],
      ...fields,
    ],
  });
}

/** An INVITE that expires after 100 s, from who knows 100rel. */
function given() {
  const clock = new FakeClock();
  const sent: string[] = [];
  const responses: SipResponse[] = [];
  const told: string[] = [];
  const never = () => new Promise<never>(() => undefined);
  const stack = { send: never, invite: () => ({ cancel: () => undefined }), flowOf: () => flow };
  const options = { stack, clock, chance: new PredictableChance("tag"), contact: () => "<sip:bob>" };
  const table = new DialogTable();
  let watcher: InviteWatcher | undefined;
  const headers = [
    ["Supported", "100rel"],
    ["Expires", "100"],
  ] as const;
  const invite = new ReceivedInvite(surround({ ...options, sessionTimer: { expiresS: 0 } }, table), {
    request: requestOf("INVITE", 1, headers),
    flow,
    respond: (response) => {
      sent.push(`${response.status}${response.headers.has("rseq") ? " reliably" : ""}`);
      responses.push(response);
      if (sent.length > 1_000) throw new Error("sends without end");
    },
    watch: (given) => void (watcher = given),
  });
  invite.onCancelled((reasons) => void told.push(`given up: ${reasons.join()}`));
  const prack = () => {
    const rseq = responses.findLast((one) => one.headers.has("rseq"))?.headers.get("rseq");
    const request = requestOf("PRACK", 2, [["RAck", `${rseq} 1 INVITE`]]);
    return invite.takePrack({ request, flow, respond: ({ status }) => void sent.push(`${status} to PRACK`) });
  };
  const cancel = () => watcher?.onCancel(["SIP;cause=200"]);
  return { clock, sent, told, invite, prack, cancel, table };
}

type Given = ReturnType<typeof given>;

const ways: Readonly<Record<State, (all: Given) => void>> = {
  proceeding: () => undefined,
  unacknowledged: ({ invite }) => invite.progress(183, { isReliable: true }),
  accepting: ({ invite }) => {
    invite.progress(183, { isReliable: true });
    invite.accept({});
  },
  accepted: ({ invite }) => void invite.accept({}),
  over: ({ invite }) => invite.refuse(486),
};

function in_(state: State): Given {
  const all = given();
  ways[state](all);
  expect(all.invite.state).toBe(state);
  all.sent.length = 0;
  return all;
}

const situation = ({ invite, sent, told }: Given) => [invite.state, sent, told];
const waiting = ["proceeding", "unacknowledged", "accepting"] as const;
const ended = ["accepted", "over"] as const;

const scenarios: Scenario[] = [
  {
    title: "§13.3.1.1 sends as many provisional answers as its user likes, until there is a final one",
    run: () => {
      for (const state of ["proceeding", "unacknowledged"] as const) {
        const all = in_(state);
        all.invite.progress(180);
        expect(situation(all)).toEqual([state, ["180"], []]);
      }
      for (const state of ["accepting", ...ended] as const) {
        const all = in_(state);
        all.invite.progress(180);
        all.invite.progress(180, { isReliable: true });
        expect(situation(all)).toEqual([state, [], []]);
      }
    },
  },
  {
    title:
      "RFC 3262 §3 repeats a reliable one until its PRACK, for 64*T1, and then refuses the INVITE with 504",
    run: () => {
      for (const state of ["unacknowledged", "accepting"] as const) {
        const all = in_(state);
        all.clock.advance(499);
        expect(situation(all)).toEqual([state, [], []]);
        all.clock.advance(1);
        expect(situation(all)).toEqual([state, ["183 reliably"], []]);
        all.clock.advance(31_499);
        expect([all.invite.state, all.sent.length, all.told]).toEqual([state, 6, []]);
        all.clock.advance(1);
        expect([all.invite.state, all.sent.slice(6), all.told]).toEqual(["over", ["504"], ["given up: "]]);
        expect([all.clock.armed, all.table.size]).toEqual([0, 0]);
      }
    },
  },
  {
    title: "RFC 3262 §3 sends the next one when the PRACK is there, and then nothing is repeated",
    run: () => {
      const all = in_("proceeding");
      all.invite.progress(183, { isReliable: true });
      all.invite.progress(180, { isReliable: true });
      expect(situation(all)).toEqual(["unacknowledged", ["183 reliably"], []]);
      expect(all.prack()).toBe(true);
      expect(situation(all)).toEqual([
        "unacknowledged",
        ["183 reliably", "200 to PRACK", "180 reliably"],
        [],
      ]);
      all.prack();
      expect(all.invite.state).toBe("proceeding");
      all.sent.length = 0;
      all.clock.advance(32_000);
      expect(situation(all)).toEqual(["proceeding", [], []]);
      expect(all.prack()).toBe(false);
    },
  },
  {
    title: "§13.3.1.4 the 2xx goes out at once, or with the PRACK where one is due",
    run: () => {
      const now = in_("proceeding");
      now.invite.accept({});
      expect(situation(now)).toEqual(["accepted", ["200"], []]);
      const later = in_("unacknowledged");
      later.invite.accept({});
      expect(situation(later)).toEqual(["accepting", [], []]);
      later.prack();
      expect(situation(later)).toEqual(["accepted", ["200 to PRACK", "200"], []]);
      expect(later.prack()).toBe(false);
    },
  },
  {
    title: "§13.3.1.3 refuses while it has not accepted, and once",
    run: () => {
      for (const state of ["proceeding", "unacknowledged"] as const) {
        const all = in_(state);
        all.invite.refuse(603);
        expect(situation(all)).toEqual(["over", ["603"], []]);
        expect([all.clock.armed, all.table.size]).toEqual([0, 0]);
      }
      for (const state of ["accepting", ...ended] as const) {
        const all = in_(state);
        all.invite.refuse(603);
        expect(situation(all)).toEqual([state, [], []]);
        all.invite.accept({});
        expect(situation(all)).toEqual([state, [], []]);
      }
    },
  },
  {
    title:
      "§9.2, GEN-40: tells its user of a CANCEL, which the transaction has answered; none has an effect after a final answer",
    run: () => {
      for (const state of waiting) {
        const all = in_(state);
        all.cancel();
        expect(situation(all)).toEqual(["over", [], ["given up: SIP;cause=200"]]);
        expect([all.clock.armed, all.table.size]).toEqual([0, 0]);
      }
      for (const state of ended) {
        const all = in_(state);
        all.cancel();
        expect(situation(all)).toEqual([state, [], []]);
      }
    },
  },
  {
    title: "§15.1.2 answers 487 when BYE ends the early dialog",
    run: () => {
      for (const state of waiting) {
        const all = in_(state);
        all.invite.dialogOver(["SIP;cause=480"]);
        expect(situation(all)).toEqual(["over", ["487"], ["given up: SIP;cause=480"]]);
      }
      for (const state of ended) {
        const all = in_(state);
        all.invite.dialogOver([]);
        expect(situation(all)).toEqual([state, [], []]);
      }
    },
  },
  {
    title: "§13.3.1, GEN-44: answers 487 when Expires passes",
    run: () => {
      const all = in_("proceeding");
      all.clock.advance(99_999);
      expect([all.invite.state, all.sent]).toEqual(["proceeding", ["183"]]);
      all.clock.advance(1);
      expect(situation(all)).toEqual(["over", ["183", "487"], ["given up: "]]);
      for (const state of ["unacknowledged", "accepting"] as const) {
        const late = given();
        late.clock.advance(99_000);
        ways[state](late);
        late.sent.length = 0;
        late.clock.advance(1_000);
        expect(situation(late)).toEqual(["over", ["183 reliably", "487"], ["given up: "]]);
      }
    },
  },
  {
    title: "gives its user a dialog whatever happens, which is over when the INVITE is",
    run: () => {
      for (const state of ["proceeding", "accepting", "over"] as const) {
        const { invite, cancel, told } = in_(state);
        if (state === "over") cancel();
        const ends: DialogEnd[] = [];
        invite.accept({}).onEnded((end) => void ends.push(end));
        if (state === "accepting") cancel();
        expect(ends.length).toBe(state === "proceeding" ? 0 : 1);
        expect(told.length).toBe(state === "accepting" ? 1 : 0);
      }
    },
  },
];

describeMachine("RFC 3261 §13.3 an INVITE from outside", incomingInvite, {
  scenarios,
  alwaysSeen: ["send 487", "send 504", "inform user"],
});
