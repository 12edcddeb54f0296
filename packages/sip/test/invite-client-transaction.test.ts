import { expect } from "@jest/globals";
import { inviteClient } from "@heliograph/sip";
import { InviteClientTransaction } from "../src/transaction/invite-client.js";
import { describeMachine, type Scenario } from "./transaction-mutation.js";
import { answerTo, clientSide, requestOf } from "./transaction-support.js";

const invite = requestOf("INVITE", { route: "<sip:proxy.example.com;lr>" });
const answer = (status: number, toTag?: string) => answerTo(invite, status, toTag);

function given(options: { isReliable?: boolean } = {}) {
  const side = clientSide(options);
  const transaction = new InviteClientTransaction(side.environment, invite, side.channel, side.user);
  transaction.start();
  return { ...side, transaction };
}

type Given = ReturnType<typeof given>;

function answered(status: number, options: { isReliable?: boolean } = {}): Given {
  const all = given(options);
  all.transaction.receiveResponse(answer(status));
  return all;
}

function cancelling(): Given {
  const all = given();
  all.transaction.sendCancel();
  return all;
}

function cancelled(): Given {
  const all = answered(180);
  all.transaction.sendCancel();
  all.clock.advance(1_000);
  return all;
}

const situation = ({ transaction, sent, told }: Given) => [transaction.state, sent, told];

/** The four states in which the INVITE waits for its final answer. */
const waiting = [
  { name: "Calling", make: () => given() },
  { name: "Calling with a CANCEL in wait", make: cancelling },
  { name: "Proceeding", make: () => answered(180) },
  { name: "Proceeding after CANCEL", make: cancelled },
];

const scenarios: Scenario[] = [
  {
    title:
      "MUST pass the INVITE to the transport layer and retransmit it on Timer A at doubling intervals, until Timer B at 64*T1",
    run: () => {
      for (const [all, state] of [
        [given(), "calling"],
        [cancelling(), "cancelling"],
      ] as const) {
        expect(situation(all)).toEqual([state, ["INVITE"], []]);
        const counts = [499, 1, 999, 1, 1_999, 1, 3_999, 1, 7_999, 1, 15_999, 1, 499].map((ms) => {
          all.clock.advance(ms);
          return all.sent.length;
        });
        expect(counts).toEqual([1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7]);
        expect([all.transaction.state, all.told]).toEqual([state, []]);
        all.clock.advance(1);
        expect([all.transaction.state, all.told]).toEqual(["terminated", ["timeout", "settled", "ended"]]);
        expect([all.sent.length, all.clock.armed]).toEqual([7, 0]);
      }
    },
  },
  {
    title: "SHOULD NOT start Timer A over a reliable transport; Timer B runs there too",
    run: () => {
      const all = given({ isReliable: true });
      all.clock.advance(31_999);
      expect(situation(all)).toEqual(["calling", ["INVITE"], []]);
      all.clock.advance(1);
      expect(situation(all)).toEqual(["terminated", ["INVITE"], ["timeout", "settled", "ended"]]);
    },
  },
  {
    title: "MUST pass provisional responses to the TU and SHOULD NOT retransmit any longer in Proceeding",
    run: () => {
      for (const first of [100, 180]) {
        const all = answered(first);
        expect(situation(all)).toEqual(["proceeding", ["INVITE"], [String(first)]]);
        all.transaction.receiveResponse(answer(183));
        all.transaction.receiveResponse(answer(100));
        all.clock.advance(60_000);
        expect(situation(all)).toEqual(["proceeding", ["INVITE"], [String(first), "183", "100"]]);
      }
    },
  },
  {
    title:
      "§16.6, GEN-36: Timer C, of more than three minutes, is started by the first provisional response and restarted by 101 to 199",
    run: () => {
      for (const first of [100, 180]) {
        const all = answered(first);
        all.clock.advance(180_000);
        all.transaction.receiveResponse(answer(100));
        all.clock.advance(999);
        expect(all.transaction.state).toBe("proceeding");
        all.clock.advance(1);
        expect([all.transaction.state, all.sent]).toEqual(["cancelled", ["INVITE", "CANCEL"]]);
      }
      const all = answered(180);
      all.clock.advance(180_000);
      all.transaction.receiveResponse(answer(183));
      all.clock.advance(180_999);
      expect(all.transaction.state).toBe("proceeding");
      all.clock.advance(1);
      expect(all.transaction.state).toBe("cancelled");
    },
  },
  {
    title:
      "§16.8, GEN-36: a CANCEL follows Timer C, and the TU hears of a timeout when that brings no final answer",
    run: () => {
      const all = answered(180);
      all.clock.advance(181_000 + 31_999);
      expect(situation(all)).toEqual(["cancelled", ["INVITE", "CANCEL"], ["180"]]);
      all.clock.advance(1);
      expect(all.told).toEqual(["180", "timeout", "settled", "ended"]);
    },
  },
  ...waiting.map(({ name, make }) => ({
    title: `MUST acknowledge a response of 300 to 699 and pass it to the TU, from ${name}`,
    run: () => {
      for (const status of [302, 486, 503, 603]) {
        const all = make();
        const before = { sent: [...all.sent], told: [...all.told] };
        all.transaction.receiveResponse(answer(status));
        const told = [...before.told, String(status), "settled"];
        expect(situation(all)).toEqual(["completed", [...before.sent, "ACK"], told]);
        all.clock.advance(31_999);
        expect(situation(all)).toEqual(["completed", [...before.sent, "ACK"], told]);
        all.clock.advance(1);
        expect(situation(all)).toEqual(["terminated", [...before.sent, "ACK"], [...told, "ended"]]);
      }
    },
  })),
  {
    title: "MUST set Timer D to zero over a reliable transport, where it acknowledges all the same",
    run: () => {
      const all = answered(486, { isReliable: true });
      all.clock.advance(0);
      expect(situation(all)).toEqual(["terminated", ["INVITE", "ACK"], ["486", "settled", "ended"]]);
    },
  },
  {
    title:
      "MUST pass the ACK to the transport again for each repeated refusal in Completed, and MUST NOT tell the TU",
    run: () => {
      const all = answered(486);
      all.transaction.receiveResponse(answer(486));
      expect(situation(all)).toEqual(["completed", ["INVITE", "ACK", "ACK"], ["486", "settled"]]);
      for (const status of [100, 180, 200]) all.transaction.receiveResponse(answer(status));
      all.transaction.sendCancel();
      all.transaction.cancel();
      expect(situation(all)).toEqual(["completed", ["INVITE", "ACK", "ACK"], ["486", "settled"]]);
    },
  },
  {
    title: "§9.1, GEN-17: the CANCEL has the Reason that the TU gave first, whether it waited or not",
    run: () => {
      const early = given();
      early.transaction.sendCancel("SIP;cause=200");
      early.transaction.sendCancel("SIP;cause=500");
      early.transaction.receiveResponse(answer(100));
      const late = answered(180);
      late.transaction.sendCancel("SIP;cause=200");
      const bare = cancelled();
      const reasons = [early, late, bare].map(({ cancels }) => cancels[0]?.headers.get("reason"));
      expect(reasons).toEqual(["SIP;cause=200", "SIP;cause=200", undefined]);
    },
  },
  {
    title:
      "§17.1.1.3: the ACK has the INVITE's URI, Route, From, Call-ID, CSeq number and top Via, and the response's To",
    run: () => {
      expect(answered(486).channel.texts[1]?.split("\r\n")).toEqual([
        "ACK sip:bob@example.com SIP/2.0",
        "Via: SIP/2.0/UDP client.example.com:5061;branch=z9hG4bKabc",
        "Route: <sip:proxy.example.com;lr>",
        "Max-Forwards: 70",
        "From: <sip:alice@example.com>;tag=from",
        "To: <sip:bob@example.com>;tag=to",
        "Call-ID: call",
        "CSeq: 7 ACK",
        "Content-Length: 0",
        "",
        "",
      ]);
    },
  },
  ...waiting.map(({ name, make }) => ({
    title: `RFC 6026 §7.2, GEN-35: MUST enter Accepted with a 2xx, pass every 2xx and acknowledge none, until Timer M; from ${name}`,
    run: () => {
      const all = make();
      const before = { sent: [...all.sent], told: [...all.told] };
      all.transaction.receiveResponse(answer(200, "one"));
      expect(situation(all)).toEqual(["accepted", before.sent, [...before.told, "200", "settled"]]);
      all.transaction.receiveResponse(answer(200, "two"));
      for (const status of [100, 180, 486]) all.transaction.receiveResponse(answer(status));
      all.channel.lose();
      all.transaction.sendCancel();
      const told = [...before.told, "200", "settled", "200"];
      expect(situation(all)).toEqual(["accepted", before.sent, told]);
      all.clock.advance(31_999);
      expect(all.transaction.state).toBe("accepted");
      all.clock.advance(1);
      expect(situation(all)).toEqual(["terminated", before.sent, [...told, "ended"]]);
    },
  })),
  ...waiting.map(({ name, make }) => ({
    title: `§17.1.4: SHOULD inform the TU of a transport failure and go to Terminated, from ${name}`,
    run: () => {
      const all = make();
      const before = { sent: [...all.sent], told: [...all.told] };
      all.channel.lose(0, "connection refused");
      expect(situation(all)).toEqual([
        "terminated",
        before.sent,
        [...before.told, "error: connection refused", "settled", "ended"],
      ]);
    },
  })),
  {
    title: "RFC 6026 Figure 5: informs the TU when the ACK cannot be sent, and goes to Terminated",
    run: () => {
      const all = answered(486);
      all.channel.lose(-1, "gone");
      expect(situation(all)).toEqual([
        "terminated",
        ["INVITE", "ACK"],
        ["486", "settled", "error: gone", "ended"],
      ]);
    },
  },
  {
    title: "§9.1, GEN-40: MUST NOT send a CANCEL before a provisional response, and sends it with the first",
    run: () => {
      for (const status of [100, 180]) {
        const all = cancelling();
        expect(situation(all)).toEqual(["cancelling", ["INVITE"], []]);
        all.transaction.sendCancel();
        expect(situation(all)).toEqual(["cancelling", ["INVITE"], []]);
        all.transaction.receiveResponse(answer(status));
        expect(situation(all)).toEqual(["cancelled", ["INVITE", "CANCEL"], [String(status)]]);
        all.clock.advance(31_999);
        expect(all.transaction.state).toBe("cancelled");
        all.clock.advance(1);
        expect(all.told).toEqual([String(status), "timeout", "settled", "ended"]);
      }
    },
  },
  {
    title: "§9.1, GEN-40: sends the CANCEL at once, and once, in Proceeding, and goes on listening",
    run: () => {
      const all = cancelled();
      expect(situation(all)).toEqual(["cancelled", ["INVITE", "CANCEL"], ["180"]]);
      all.transaction.sendCancel();
      all.transaction.receiveResponse(answer(100));
      all.transaction.receiveResponse(answer(183));
      expect(situation(all)).toEqual(["cancelled", ["INVITE", "CANCEL"], ["180", "100", "183"]]);
      all.clock.advance(31_000);
      expect(situation(all)).toEqual([
        "terminated",
        ["INVITE", "CANCEL"],
        ["180", "100", "183", "timeout", "settled", "ended"],
      ]);
    },
  },
  {
    title: "§9.1: the CANCEL has the INVITE's URI, Route, From, To, Call-ID, CSeq number and top Via",
    run: () => {
      const [cancel] = cancelled().cancels;
      expect([cancel?.method, cancel?.requestUri]).toEqual(["CANCEL", "sip:bob@example.com"]);
      expect([...(cancel?.headers.fields() ?? [])]).toEqual([
        ["Via", "SIP/2.0/UDP client.example.com:5061;branch=z9hG4bKabc"],
        ["Route", "<sip:proxy.example.com;lr>"],
        ["Max-Forwards", "70"],
        ["From", "<sip:alice@example.com>;tag=from"],
        ["To", "<sip:bob@example.com>"],
        ["Call-ID", "call"],
        ["CSeq", "7 CANCEL"],
      ]);
    },
  },
  ...waiting.map(({ name, make }) => ({
    title: `stops retransmitting and tells nothing more when the TU abandons it, from ${name}`,
    run: () => {
      const all = make();
      const before = { sent: [...all.sent], told: [...all.told] };
      all.transaction.cancel();
      expect(situation(all)).toEqual(["terminated", before.sent, [...before.told, "settled", "ended"]]);
      all.clock.advance(300_000);
      expect(situation(all)).toEqual(["terminated", before.sent, [...before.told, "settled", "ended"]]);
    },
  })),
  {
    title: "is gone at once when the TU abandons it in Accepted",
    run: () => {
      const all = answered(200);
      all.transaction.cancel();
      expect(situation(all)).toEqual(["terminated", ["INVITE"], ["200", "settled", "ended"]]);
    },
  },
  {
    title: "waits out Timer D when the TU abandons it in Completed, and then tells of no lost ACK",
    run: () => {
      const all = answered(486);
      all.transaction.cancel();
      expect(all.transaction.state).toBe("completed");
      all.channel.lose();
      expect(situation(all)).toEqual(["terminated", ["INVITE", "ACK"], ["486", "settled", "ended"]]);
    },
  },
  {
    title: "MUST be destroyed the instant it enters Terminated",
    run: () => {
      const all = given();
      all.clock.advance(32_000);
      const before = situation(all).map((part) => (Array.isArray(part) ? [...part] : part));
      all.transaction.sendCancel();
      all.channel.lose();
      all.transaction.onAlarm();
      expect(situation(all)).toEqual(before);
      all.transaction.cancel();
      expect(situation(all)).toEqual(before);
      expect(all.clock.armed).toBe(0);
    },
  },
];

describeMachine("RFC 3261 §17.1.1.2 INVITE Client Transaction, RFC 6026 Figure 5", inviteClient, {
  scenarios,
  alwaysSeen: ["inform TU of timeout"],
});
