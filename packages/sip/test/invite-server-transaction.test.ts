import { expect } from "@jest/globals";
import { inviteServer } from "@heliograph/sip";
import { InviteServerTransaction } from "../src/transaction/invite-server.js";
import { describeMachine, type Scenario } from "./transaction-mutation.js";
import { answerTo, requestOf, serverSide } from "./transaction-support.js";

const invite = requestOf("INVITE");
const ack = requestOf("ACK");
const cancel = requestOf("CANCEL");
const answer = (status: number) => answerTo(invite, status);

function given(options: { isReliable?: boolean } = {}) {
  const side = serverSide(options);
  const transaction = new InviteServerTransaction(side.environment, "key", invite, side.channel);
  return { ...side, transaction };
}

function answered(status: number, options: { isReliable?: boolean } = {}) {
  const all = given(options);
  all.transaction.respond(answer(status));
  return all;
}

function confirmed() {
  const all = answered(486);
  all.transaction.receiveRequest(ack);
  return all;
}

function terminated() {
  const all = confirmed();
  all.clock.advance(5_000);
  return all;
}

type Given = ReturnType<typeof given>;

const situation = ({ transaction, sent, told }: Given) => [transaction.state, sent, told];

const scenarios: Scenario[] = [
  {
    title: "GEN-02: MUST send a 100, without a To tag, unless the TU answers within 200 ms",
    run: () => {
      const all = given();
      all.clock.advance(199);
      expect(situation(all)).toEqual(["proceeding", [], []]);
      all.clock.advance(1);
      expect(situation(all)).toEqual(["proceeding", ["100"], []]);
      expect(all.channel.texts[0]).toContain("To: <sip:bob@example.com>\r\n");
      all.clock.advance(600_000);
      expect(situation(all)).toEqual(["proceeding", ["100"], []]);
    },
  },
  {
    title: "GEN-02: sends no 100 when the TU was quicker",
    run: () => {
      for (const status of [100, 180, 183]) {
        const all = answered(status);
        all.clock.advance(600_000);
        expect(situation(all)).toEqual(["proceeding", [String(status)], []]);
      }
    },
  },
  {
    title: "MUST send every provisional response of the TU and repeat the latest for a retransmitted INVITE",
    run: () => {
      const all = given();
      all.transaction.receiveRequest(invite);
      expect(situation(all)).toEqual(["proceeding", [], []]);
      all.transaction.respond(answer(180));
      all.transaction.respond(answer(183));
      all.transaction.receiveRequest(invite);
      expect(situation(all)).toEqual(["proceeding", ["180", "183", "183"], []]);
    },
  },
  {
    title: "takes no ACK for anything before it has answered",
    run: () => {
      const all = given();
      all.transaction.receiveRequest(ack);
      expect(situation(all)).toEqual(["proceeding", [], []]);
      all.clock.advance(200);
      expect(all.sent).toEqual(["100"]);
    },
  },
  {
    title: "MUST enter Completed and send a response of 300 to 699",
    run: () => {
      for (const status of [302, 404, 486, 503, 603]) {
        expect(situation(answered(status))).toEqual(["completed", [String(status)], ["settled"]]);
      }
    },
  },
  {
    title:
      "MUST retransmit on Timer G over an unreliable transport: T1, doubling to T2; and end on Timer H after 64*T1",
    run: () => {
      const all = answered(486);
      const counts = [499, 1, 999, 1, 1_999, 1, 3_999, 1, 3_999, 1].map((ms) => {
        all.clock.advance(ms);
        return all.sent.length;
      });
      expect(counts).toEqual([1, 2, 2, 3, 3, 4, 4, 5, 5, 6]);
      all.clock.advance(31_999 - 11_500);
      expect(situation(all)).toEqual(["completed", Array.from({ length: 11 }, () => "486"), ["settled"]]);
      all.clock.advance(1);
      expect([all.transaction.state, all.sent.length]).toEqual(["terminated", 11]);
      expect(all.told).toEqual(["settled", "failed: no ACK came", "ended"]);
      expect(all.clock.armed).toBe(0);
    },
  },
  {
    title: "does not retransmit over a reliable transport, but has Timer H there too",
    run: () => {
      const all = answered(486, { isReliable: true });
      all.clock.advance(31_999);
      expect(situation(all)).toEqual(["completed", ["486"], ["settled"]]);
      all.clock.advance(1);
      expect(all.told).toEqual(["settled", "failed: no ACK came", "ended"]);
    },
  },
  {
    title: "SHOULD repeat the response for an INVITE that is retransmitted in Completed",
    run: () => {
      const all = answered(486);
      all.transaction.receiveRequest(invite);
      expect(situation(all)).toEqual(["completed", ["486", "486"], ["settled"]]);
    },
  },
  {
    title: "discards what the TU passes in Completed",
    run: () => {
      for (const status of [100, 180, 200, 500]) {
        const all = answered(486);
        all.transaction.respond(answer(status));
        expect(situation(all)).toEqual(["completed", ["486"], ["settled"]]);
      }
    },
  },
  {
    title:
      "MUST enter Confirmed with the ACK, where retransmissions cease and further ACKs and INVITEs are absorbed",
    run: () => {
      const all = confirmed();
      expect(situation(all)).toEqual(["confirmed", ["486"], ["settled"]]);
      all.clock.advance(4_999);
      all.transaction.receiveRequest(ack);
      all.transaction.receiveRequest(invite);
      for (const status of [180, 200, 500]) all.transaction.respond(answer(status));
      all.transaction.receiveCancel(cancel);
      all.channel.lose();
      expect(situation(all)).toEqual(["confirmed", ["486"], ["settled"]]);
      all.clock.advance(1);
      expect(situation(all)).toEqual(["terminated", ["486"], ["settled", "ended"]]);
    },
  },
  {
    title: "MUST set Timer I to zero over a reliable transport",
    run: () => {
      const all = answered(486, { isReliable: true });
      all.transaction.receiveRequest(ack);
      all.clock.advance(0);
      expect(situation(all)).toEqual(["terminated", ["486"], ["settled", "ended"]]);
    },
  },
  {
    title:
      "RFC 6026 §7.1, GEN-35: MUST enter Accepted with a 2xx, and be destroyed on Timer L after 64*T1 on any transport",
    run: () => {
      for (const isReliable of [false, true]) {
        const all = answered(200, { isReliable });
        expect(situation(all)).toEqual(["accepted", ["200"], ["settled"]]);
        all.clock.advance(31_999);
        expect(situation(all)).toEqual(["accepted", ["200"], ["settled"]]);
        all.clock.advance(1);
        expect(situation(all)).toEqual(["terminated", ["200"], ["settled", "ended"]]);
      }
    },
  },
  {
    title:
      "RFC 6026 §7.1, GEN-35: absorbs INVITE retransmissions in Accepted and MUST NOT repeat the 2xx on its own",
    run: () => {
      const all = answered(200);
      all.transaction.receiveRequest(invite);
      expect(situation(all)).toEqual(["accepted", ["200"], ["settled"]]);
    },
  },
  {
    title: "RFC 6026 §7.1, GEN-35: MUST send the 2xx that the TU repeats, and nothing else, in Accepted",
    run: () => {
      for (const [status, sent] of [
        [180, ["200"]],
        [500, ["200"]],
        [200, ["200", "200"]],
        [202, ["200", "202"]],
      ] as const) {
        const all = answered(200);
        all.transaction.respond(answer(status));
        expect(situation(all)).toEqual(["accepted", sent, ["settled"]]);
      }
    },
  },
  {
    title: "RFC 6026 §7.1, GEN-35: MUST pass an ACK to the TU in Accepted",
    run: () => {
      const all = answered(200);
      all.transaction.receiveRequest(ack);
      expect(situation(all)).toEqual(["accepted", ["200"], ["settled", "ACK passed"]]);
      all.transaction.receiveRequest(ack);
      expect(all.told).toEqual(["settled", "ACK passed", "ACK passed"]);
    },
  },
  {
    title: "RFC 6026 §7.1, GEN-35: informs the TU of a transport error and MUST remain in its state",
    run: () => {
      for (const [status, state, before] of [
        [180, "proceeding", []],
        [200, "accepted", ["settled"]],
        [486, "completed", ["settled"]],
      ] as const) {
        const all = answered(status);
        all.channel.lose(-1, "no route");
        expect(situation(all)).toEqual([state, [String(status)], [...before, "failed: no route"]]);
      }
    },
  },
  {
    title:
      "§9.2, GEN-40: a CANCEL in Proceeding SHOULD be answered by a 487 to the INVITE, which is retransmitted until the ACK",
    run: () => {
      const all = given();
      all.transaction.receiveCancel(cancel);
      expect(situation(all)).toEqual(["completed", ["487"], ["cancelled", "settled"]]);
      expect([all.transaction.answerTag(), all.channel.texts[0]]).toEqual([
        "tag1",
        expect.stringContaining(";tag=tag1\r\n"),
      ]);
      all.clock.advance(500);
      expect(all.sent).toEqual(["487", "487"]);
      all.transaction.respond(answer(200));
      all.transaction.receiveRequest(ack);
      expect([all.transaction.state, all.sent.length]).toEqual(["confirmed", 2]);
    },
  },
  {
    title:
      "§9.2, GEN-40: the 487 has the To tag of the provisional response that went before, as the answer to CANCEL SHOULD",
    run: () => {
      const all = answered(180);
      all.transaction.receiveCancel(cancel);
      expect(all.transaction.answerTag()).toBe("to");
      expect(all.channel.texts[1]).toContain(";tag=to\r\n");
    },
  },
  {
    title: "§9.2, GEN-40: a CANCEL has no effect after a final response",
    run: () => {
      for (const [status, state] of [
        [200, "accepted"],
        [486, "completed"],
      ] as const) {
        const all = answered(status);
        all.transaction.receiveCancel(cancel);
        expect(all.transaction.answerTag()).toBe("to");
        expect(situation(all)).toEqual([state, [String(status)], ["settled"]]);
      }
    },
  },
  {
    title: "MUST be destroyed immediately in Terminated: it sends, tells and waits for nothing",
    run: () => {
      const all = terminated();
      for (const status of [180, 200, 486]) all.transaction.respond(answer(status));
      all.channel.lose();
      all.transaction.onAlarm();
      expect(situation(all)).toEqual(["terminated", ["486"], ["settled", "ended"]]);
      expect(all.clock.armed).toBe(0);
    },
  },
  {
    title: "leaves without a word when it is told to forget",
    run: () => {
      const all = given();
      all.transaction.forget();
      all.clock.advance(60_000);
      expect(situation(all)).toEqual(["terminated", [], ["settled", "ended"]]);
    },
  },
];

describeMachine("RFC 3261 §17.2.1 INVITE Server Transaction, RFC 6026 Figure 7", inviteServer, {
  scenarios,
  alwaysSeen: ["inform TU", "inform TU of CANCEL"],
});
