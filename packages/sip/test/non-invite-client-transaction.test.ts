import { expect } from "@jest/globals";
import { nonInviteClient } from "@heliograph/sip";
import { NonInviteClientTransaction } from "../src/transaction/non-invite-client.js";
import { describeMachine, type Scenario } from "./transaction-mutation.js";
import { answerTo, clientSide, requestOf } from "./transaction-support.js";

const message = requestOf("MESSAGE");
const answer = (status: number) => answerTo(message, status);

function given(options: { isReliable?: boolean } = {}) {
  const side = clientSide(options);
  const transaction = new NonInviteClientTransaction(side.environment, message, side.channel, side.user);
  transaction.start();
  return { ...side, transaction };
}

function inProceeding() {
  const all = given();
  all.transaction.receiveResponse(answer(100));
  return all;
}

function inCompleted() {
  const all = given();
  all.transaction.receiveResponse(answer(200));
  return all;
}

/** The moments at which something was sent, in ms, over `totalMs`. */
function momentsOf({ clock, sent }: ReturnType<typeof given>, totalMs: number): number[] {
  const moments: number[] = [];
  for (let ms = 100; ms <= totalMs; ms += 100) {
    const before = sent.length;
    clock.advance(100);
    if (sent.length > before) moments.push(ms);
  }
  return moments;
}

const scenarios: Scenario[] = [
  {
    title: "MUST pass the request to the transport layer as it starts in Trying",
    run: () => {
      const { transaction, sent, told } = given();
      expect([transaction.state, sent, told]).toEqual(["trying", ["MESSAGE"], []]);
    },
  },
  {
    title: "MUST retransmit on Timer E: after 500 ms, 1 s, 2 s, 4 s, 4 s, …, and end on Timer F after 64*T1",
    run: () => {
      const all = given();
      const moments = momentsOf(all, 31_900);
      expect(moments).toEqual([500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500]);
      expect([all.transaction.state, all.told]).toEqual(["trying", []]);
      all.clock.advance(99);
      expect(all.transaction.state).toBe("trying");
      all.clock.advance(1);
      expect([all.transaction.state, all.told]).toEqual(["terminated", ["timeout", "settled", "ended"]]);
      expect([all.sent.length, all.clock.armed]).toEqual([11, 0]);
    },
  },
  {
    title: "MUST set Timer E to T2 when it fires in Proceeding, and inform the TU when Timer F fires there",
    run: () => {
      const all = inProceeding();
      const moments = momentsOf(all, 31_900);
      expect(moments).toEqual([500, 4_500, 8_500, 12_500, 16_500, 20_500, 24_500, 28_500]);
      expect([all.transaction.state, all.told]).toEqual(["proceeding", ["100"]]);
      all.clock.advance(100);
      expect([all.transaction.state, all.told]).toEqual([
        "terminated",
        ["100", "timeout", "settled", "ended"],
      ]);
    },
  },
  {
    title: "does not retransmit over a reliable transport, and has Timer F there all the same",
    run: () => {
      const all = given({ isReliable: true });
      all.clock.advance(31_999);
      expect([all.transaction.state, all.sent]).toEqual(["trying", ["MESSAGE"]]);
      all.clock.advance(1);
      expect([all.transaction.state, all.told]).toEqual(["terminated", ["timeout", "settled", "ended"]]);
    },
  },
  {
    title: "MUST pass every provisional response to the TU, and moves to Proceeding with the first",
    run: () => {
      const { transaction, told } = inProceeding();
      expect([transaction.state, told]).toEqual(["proceeding", ["100"]]);
      transaction.receiveResponse(answer(183));
      expect([transaction.state, told]).toEqual(["proceeding", ["100", "183"]]);
    },
  },
  {
    title: "MUST pass a final response to the TU and move to Completed, from Trying and from Proceeding",
    run: () => {
      for (const status of [200, 302, 404, 500, 603]) {
        for (const all of [given(), inProceeding()]) {
          all.told.length = 0;
          all.transaction.receiveResponse(answer(status));
          expect([all.transaction.state, all.told]).toEqual(["completed", [String(status), "settled"]]);
          all.clock.advance(4_999);
          expect([all.transaction.state, all.sent]).toEqual(["completed", ["MESSAGE"]]);
          all.clock.advance(1);
          expect([all.transaction.state, all.told]).toEqual([
            "terminated",
            [String(status), "settled", "ended"],
          ]);
        }
      }
    },
  },
  {
    title: "MUST set Timer K to zero over a reliable transport",
    run: () => {
      const { transaction, clock, told } = given({ isReliable: true });
      transaction.receiveResponse(answer(200));
      clock.advance(0);
      expect([transaction.state, told]).toEqual(["terminated", ["200", "settled", "ended"]]);
    },
  },
  {
    title: "buffers response retransmissions in Completed: the TU hears of none",
    run: () => {
      for (const status of [100, 200, 500]) {
        const { transaction, told, clock } = inCompleted();
        transaction.receiveResponse(answer(status));
        expect([transaction.state, told]).toEqual(["completed", ["200", "settled"]]);
        clock.advance(5_000);
        expect(transaction.state).toBe("terminated");
      }
    },
  },
  {
    title: "RFC 3261 §17.1.4: SHOULD inform the TU of a transport failure and go to Terminated",
    run: () => {
      for (const [all, before] of [
        [given(), []],
        [inProceeding(), ["100"]],
      ] as const) {
        all.channel.lose(-1, "connection refused");
        expect(all.transaction.state).toBe("terminated");
        expect(all.told).toEqual([...before, "error: connection refused", "settled", "ended"]);
        expect(all.sent).toHaveLength(1);
      }
    },
  },
  {
    title: "does not mind a transport failure that is reported after the final response",
    run: () => {
      const { transaction, channel, told, clock } = inCompleted();
      channel.lose();
      expect([transaction.state, told]).toEqual(["completed", ["200", "settled"]]);
      clock.advance(5_000);
      channel.lose();
      expect([transaction.state, told]).toEqual(["terminated", ["200", "settled", "ended"]]);
    },
  },
  {
    title: "ends at once when the channel fails while it sends",
    run: () => {
      const side = clientSide();
      const channel = {
        isReliable: false,
        send: (_bytes: Uint8Array, onError?: (reason: string) => void) => onError?.("down"),
      };
      const transaction = new NonInviteClientTransaction(side.environment, message, channel, side.user);
      transaction.start();
      expect([transaction.state, side.told]).toEqual(["terminated", ["error: down", "settled", "ended"]]);
      side.clock.advance(60_000);
      expect(side.told).toHaveLength(3);
    },
  },
  {
    title: "stops retransmitting, and tells nothing more, when the TU abandons it in Trying or Proceeding",
    run: () => {
      for (const [all, before] of [
        [given(), []],
        [inProceeding(), ["100"]],
      ] as const) {
        all.transaction.cancel();
        expect([all.transaction.state, all.told]).toEqual(["terminated", [...before, "settled", "ended"]]);
        all.clock.advance(60_000);
        expect(all.sent).toHaveLength(1);
        all.transaction.cancel();
        expect([all.transaction.state, all.told.length]).toEqual(["terminated", before.length + 2]);
      }
    },
  },
  {
    title: "waits out Timer K when the TU abandons it in Completed",
    run: () => {
      const { transaction, clock } = inCompleted();
      transaction.cancel();
      expect(transaction.state).toBe("completed");
      clock.advance(5_000);
      expect(transaction.state).toBe("terminated");
    },
  },
  {
    title: "GEN-40: sends no CANCEL, which is for INVITE alone",
    run: () => {
      const { transaction, sent } = inProceeding();
      transaction.sendCancel();
      expect([transaction.state, sent]).toEqual(["proceeding", ["MESSAGE"]]);
    },
  },
];

describeMachine("RFC 3261 §17.1.2.2 Non-INVITE Client Transaction", nonInviteClient, {
  scenarios,
  alwaysSeen: [],
});
