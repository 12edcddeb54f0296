import { expect } from "@jest/globals";
import { nonInviteServer } from "@heliograph/sip";
import { NonInviteServerTransaction } from "../src/transaction/non-invite-server.js";
import { describeMachine, type Scenario } from "./transaction-mutation.js";
import { answerTo, requestOf, serverSide } from "./transaction-support.js";

const message = requestOf("MESSAGE");
const answer = (status: number) => answerTo(message, status);

function given(options: { isReliable?: boolean } = {}) {
  const side = serverSide(options);
  const transaction = new NonInviteServerTransaction(side.environment, "key", message, side.channel);
  return { ...side, transaction };
}

type Given = ReturnType<typeof given>;

function inProceeding(): Given {
  const all = given();
  all.clock.advance(3_500);
  return all;
}

function inCompleted(): Given {
  const all = given();
  all.transaction.respond(answer(200));
  return all;
}

function terminated(): Given {
  const all = inCompleted();
  all.clock.advance(32_000);
  return all;
}

const scenarios: Scenario[] = [
  {
    title: "starts in Trying and has sent nothing",
    run: () => {
      const { transaction, sent, told } = given();
      expect([transaction.state, sent, told]).toEqual(["trying", [], []]);
    },
  },
  {
    title: "discards request retransmissions in Trying",
    run: () => {
      const { transaction, sent, told, clock } = given();
      transaction.receiveRequest();
      expect([transaction.state, sent, told]).toEqual(["trying", [], []]);
      clock.advance(3_500);
      expect(sent).toEqual(["100"]);
    },
  },
  {
    title:
      "RFC 4320 §4.1, GEN-37: MUST NOT send a 100 before the client's Timer E has reached T2, nor another provisional ever",
    run: () => {
      for (const status of [100, 180, 183, 199]) {
        const { transaction, sent, told, clock } = given();
        transaction.respond(answer(status));
        clock.advance(3_499);
        expect([transaction.state, sent, told]).toEqual(["trying", [], []]);
        clock.advance(1);
        transaction.respond(answer(status));
        expect([transaction.state, sent, told]).toEqual(["proceeding", ["100"], []]);
      }
    },
  },
  {
    title:
      "RFC 4320 §4.1, GEN-37: MUST send a 100, without a To tag, once Timer E has reached T2, on any transport",
    run: () => {
      for (const isReliable of [false, true]) {
        const { transaction, sent, channel, clock } = given({ isReliable });
        clock.advance(3_500);
        expect([transaction.state, sent]).toEqual(["proceeding", ["100"]]);
        expect(channel.texts[0]).toContain("To: <sip:bob@example.com>\r\n");
        transaction.respond(answer(200));
        expect([transaction.state, sent]).toEqual(["completed", ["100", "200"]]);
      }
    },
  },
  {
    title: "MUST resend the 100 when the request is retransmitted in Proceeding",
    run: () => {
      const { transaction, sent, told } = inProceeding();
      transaction.receiveRequest();
      expect([transaction.state, sent, told]).toEqual(["proceeding", ["100", "100"], []]);
    },
  },
  {
    title: "RFC 4320 §4.2, GEN-37: MUST NOT send a 408, in Trying, Proceeding or Completed",
    run: () => {
      for (const [all, state, sent] of [
        [given(), "trying", []],
        [inProceeding(), "proceeding", ["100"]],
        [inCompleted(), "completed", ["200"]],
      ] as const) {
        all.transaction.respond(answer(408));
        expect([all.transaction.state, all.sent]).toEqual([state, sent]);
        expect(all.told.filter((fact) => fact !== "settled")).toEqual([]);
      }
    },
  },
  {
    title: "MUST enter Completed and send a final response of 200 to 699, from Trying and from Proceeding",
    run: () => {
      for (const status of [200, 202, 301, 404, 503, 603]) {
        for (const [all, before] of [
          [given(), []],
          [inProceeding(), ["100"]],
        ] as const) {
          all.transaction.respond(answer(status));
          expect([all.transaction.state, all.sent]).toEqual(["completed", [...before, String(status)]]);
          expect(all.told).toEqual(["settled"]);
        }
      }
    },
  },
  {
    title:
      "MUST resend the very bytes of the final response whenever the request is retransmitted in Completed",
    run: () => {
      for (const all of [given(), inProceeding()]) {
        const { transaction, channel, told } = all;
        transaction.respond(answer(202));
        const first = channel.texts.at(-1);
        transaction.receiveRequest();
        transaction.receiveRequest();
        expect(channel.texts.slice(-2)).toEqual([first, first]);
        expect([transaction.state, told]).toEqual(["completed", ["settled"]]);
      }
    },
  },
  {
    title: "MUST discard any other response that the TU passes in Completed",
    run: () => {
      for (const status of [100, 180, 200, 403, 603]) {
        const { transaction, sent, told } = inCompleted();
        transaction.respond(answer(status));
        expect([transaction.state, sent, told]).toEqual(["completed", ["200"], ["settled"]]);
      }
    },
  },
  {
    title: "MUST set Timer J to 64*T1 over an unreliable transport, from Trying and from Proceeding",
    run: () => {
      for (const all of [given(), inProceeding()]) {
        const { transaction, clock, told } = all;
        transaction.respond(answer(200));
        clock.advance(31_999);
        expect([transaction.state, told]).toEqual(["completed", ["settled"]]);
        clock.advance(1);
        expect([transaction.state, told]).toEqual(["terminated", ["settled", "ended"]]);
        expect(clock.armed).toBe(0);
      }
    },
  },
  {
    title: "MUST set Timer J to zero over a reliable transport, and keeps no response there",
    run: () => {
      const { transaction, clock, told, kept } = given({ isReliable: true });
      transaction.respond(answer(200));
      expect(kept.heldBytes).toBe(0);
      clock.advance(0);
      expect([transaction.state, told]).toEqual(["terminated", ["settled", "ended"]]);
    },
  },
  {
    title:
      "RFC 4320 §4.2, GEN-37: is over 64*T1 after the request, and sends no final response at all after that",
    run: () => {
      const { transaction, clock, sent, told } = inProceeding();
      clock.advance(28_499);
      expect(transaction.state).toBe("proceeding");
      clock.advance(1);
      expect([transaction.state, sent, told]).toEqual(["terminated", ["100"], ["settled", "ended"]]);
      transaction.respond(answer(200));
      expect([sent, clock.armed]).toEqual([["100"], 0]);
    },
  },
  {
    title: "RFC 6026 §8.8: SHOULD inform the TU of a transport error and MUST remain in the current state",
    run: () => {
      for (const [all, state, facts] of [
        [inProceeding(), "proceeding", ["failed: no route"]],
        [inCompleted(), "completed", ["settled", "failed: no route"]],
      ] as const) {
        all.channel.lose(-1, "no route");
        expect([all.transaction.state, all.told]).toEqual([state, facts]);
        all.transaction.receiveRequest();
        expect(all.sent).toHaveLength(2);
      }
    },
  },
  {
    title: "goes on to Timer J after a transport error in Proceeding",
    run: () => {
      const { transaction, channel, clock } = inProceeding();
      channel.lose();
      transaction.respond(answer(200));
      clock.advance(32_000);
      expect(transaction.state).toBe("terminated");
    },
  },
  {
    title: "MUST be destroyed the instant it enters Terminated: it sends, tells and waits for nothing",
    run: () => {
      const { transaction, channel, sent, told, clock } = terminated();
      for (const status of [100, 200, 408, 500]) transaction.respond(answer(status));
      channel.lose();
      expect([transaction.state, sent, told]).toEqual(["terminated", ["200"], ["settled", "ended"]]);
      expect(clock.armed).toBe(0);
    },
  },
  {
    title: "GEN-40: a CANCEL has no effect on it",
    run: () => {
      const { transaction, sent } = given();
      transaction.receiveCancel();
      expect(transaction.answerTag()).toBeUndefined();
      transaction.respond(answer(200));
      expect(sent).toEqual(["200"]);
    },
  },
  {
    title: "gives the room of its response back when it ends, and when it is told to forget",
    run: () => {
      for (const end of [
        (all: Given) => all.clock.advance(32_000),
        (all: Given) => all.transaction.forget(),
      ]) {
        const all = inCompleted();
        let released = 0;
        all.kept.release = () => void (released += 1);
        end(all);
        expect([all.transaction.state, released, all.clock.armed]).toEqual([
          "terminated",
          1,
          all.clock.armed,
        ]);
        expect(all.told).toEqual(["settled", "ended"]);
      }
    },
  },
];

describeMachine("RFC 3261 §17.2.2 Non-INVITE Server Transaction", nonInviteServer, {
  scenarios,
  alwaysSeen: ["inform TU"],
});
