import { describe, expect, it } from "@jest/globals";
import { FakeClock, PredictableChance } from "@heliograph/testkit";
import {
  createResponse,
  type LayerLimits,
  type LayerUser,
  type ServerTransaction,
  type SipRequest,
  type SipResponse,
  TransactionLayer,
} from "@heliograph/sip";
import { answerTo, NotingChannel, requestOf } from "./transaction-support.js";

interface Setting {
  readonly isReliable?: boolean;
  readonly limits?: Partial<LayerLimits>;
  readonly hooks?: Partial<LayerUser>;
}

function given({ isReliable = false, limits = {}, hooks = {} }: Setting = {}) {
  const clock = new FakeClock();
  const channel = new NotingChannel(isReliable);
  const received: { request: SipRequest; transaction: ServerTransaction }[] = [];
  const strays: number[] = [];
  const user: LayerUser = {
    onRequest: (request, transaction) => void received.push({ request, transaction }),
    onStray: (response) => void strays.push(response.status),
    ...hooks,
  };
  const layer = new TransactionLayer({ clock, chance: new PredictableChance("tag"), user, limits });
  const answer = (index: number, status: number, toTag = "to") => {
    const { request, transaction } = received[index] ?? {};
    if (request) transaction?.respond(createResponse(request, status, { toTag }));
  };
  return { clock, channel, layer, received, strays, answer, sent: channel.sent };
}

function listener() {
  const heard: string[] = [];
  return {
    heard,
    onResponse: (response: SipResponse) => void heard.push(String(response.status)),
    onTimeout: () => void heard.push("timeout"),
    onTransportError: (reason: string) => void heard.push(reason),
  };
}

const noCookie = "SIP/2.0/UDP old.example.com";

describe("RFC 3261 §17.2.3 Matching requests to server transactions", () => {
  it("GEN-34, GEN-19: a MESSAGE with the same branch, sent-by and method is a retransmission: no second copy reaches the user", () => {
    const { layer, channel, received, answer, sent } = given();
    layer.receive(requestOf("MESSAGE"), channel);
    layer.receive(requestOf("MESSAGE"), channel);
    answer(0, 200);
    layer.receive(requestOf("MESSAGE"), channel);
    expect([received.length, sent, layer.counts.retransmissions]).toEqual([1, ["200", "200"], 2]);
    expect(channel.texts[1]).toBe(channel.texts[0]);
  });

  it("GEN-34: branch alone is not enough: host and port of sent-by and the method count", () => {
    const { layer, channel, received } = given();
    layer.receive(requestOf("MESSAGE", { sentBy: "one.example.com:5060" }), channel);
    layer.receive(requestOf("MESSAGE", { sentBy: "two.example.com:5060" }), channel);
    layer.receive(requestOf("MESSAGE", { sentBy: "one.example.com:5070" }), channel);
    layer.receive(requestOf("OPTIONS", { sentBy: "one.example.com:5060" }), channel);
    expect(received).toHaveLength(4);
  });

  it("GEN-34: the ACK to a refusal belongs to the INVITE's transaction", () => {
    const { layer, channel, received, answer, clock, sent } = given();
    layer.receive(requestOf("INVITE"), channel);
    answer(0, 486);
    layer.receive(requestOf("ACK", { toTag: "to" }), channel);
    clock.advance(31_999);
    expect([received.length, sent, layer.serverCount]).toEqual([1, ["486"], 0]);
  });

  it("passes the ACK to a 2xx, which has a branch of its own, to the user, who cannot answer it", () => {
    const { layer, channel, received, answer, sent } = given();
    layer.receive(requestOf("INVITE"), channel);
    answer(0, 200);
    layer.receive(requestOf("ACK", { branch: "z9hG4bKack", toTag: "to" }), channel);
    answer(1, 200);
    expect([received[1]?.request.method, sent, layer.serverCount]).toEqual(["ACK", ["200"], 1]);
  });

  it("RFC 6026 §7.1: passes an ACK with the INVITE's branch to the user in Accepted", () => {
    const { layer, channel, received, answer } = given();
    layer.receive(requestOf("INVITE"), channel);
    answer(0, 200);
    layer.receive(requestOf("ACK", { toTag: "to" }), channel);
    expect(received.map(({ request }) => request.method)).toEqual(["INVITE", "ACK"]);
  });

  it("GEN-34: without the magic cookie it compares Request-URI, tags, Call-ID, CSeq and top Via", () => {
    for (const via of [noCookie, `${noCookie};branch=1`]) {
      const { layer, channel, received } = given();
      const same = { via, toTag: "a", fromTag: "b", callId: "c", cseq: "1" };
      for (const method of ["MESSAGE", "INVITE"]) {
        layer.receive(requestOf(method, same), channel);
        layer.receive(requestOf(method, same), channel);
      }
      expect(received).toHaveLength(2);
      const others = [{ uri: "sip:x@y" }, { toTag: "z" }, { fromTag: "z" }, { callId: "z" }, { cseq: "2" }];
      for (const other of others) layer.receive(requestOf("MESSAGE", { ...same, ...other }), channel);
      layer.receive(requestOf("MESSAGE", { ...same, via: `${via};x` }), channel);
      expect(received).toHaveLength(8);
    }
  });

  it("GEN-34: without the cookie an ACK is found by the To tag of the response, and by no other", () => {
    const { layer, channel, received, answer, clock, sent } = given();
    layer.receive(requestOf("INVITE", { via: noCookie }), channel);
    answer(0, 486, "mine");
    layer.receive(requestOf("ACK", { via: noCookie, toTag: "other" }), channel);
    expect(received).toHaveLength(2);
    layer.receive(requestOf("ACK", { via: noCookie, toTag: "mine" }), channel);
    clock.advance(5_000);
    expect([received.length, sent, layer.serverCount]).toEqual([2, ["486"], 0]);
  });
});

describe("RFC 3261 §17.1.3 Matching responses to client transactions", () => {
  it("finds the transaction by branch and CSeq method and passes the response to its user", () => {
    const { layer, channel } = given();
    const [one, two] = [listener(), listener()];
    const first = requestOf("MESSAGE", { branch: "z9hG4bK1" });
    layer.request(first, channel, one);
    layer.request(requestOf("MESSAGE", { branch: "z9hG4bK2" }), channel, two);
    layer.receive(answerTo(first, 200), channel);
    expect([one.heard, two.heard]).toEqual([["200"], []]);
  });

  it("GEN-36: MUST drop a response that matches no client transaction, and counts it", () => {
    const { layer, channel, strays } = given();
    const user = listener();
    layer.request(requestOf("MESSAGE"), channel, user);
    layer.receive(answerTo(requestOf("MESSAGE", { branch: "z9hG4bKother" }), 200), channel);
    layer.receive(answerTo(requestOf("MESSAGE", { cseqMethod: "OPTIONS" }), 404), channel);
    layer.receive(answerTo(requestOf("MESSAGE", { cseqMethod: "CANCEL" }), 404), channel);
    expect([user.heard, strays, layer.counts.strays]).toEqual([[], [200, 404, 404], 3]);
  });

  it("GEN-36: a response is stray again once its transaction has ended", () => {
    const { layer, channel, strays, clock } = given();
    const request = requestOf("MESSAGE");
    layer.request(request, channel, listener());
    layer.receive(answerTo(request, 200), channel);
    layer.receive(answerTo(request, 200), channel);
    expect(strays).toEqual([]);
    clock.advance(5_000);
    layer.receive(answerTo(request, 200), channel);
    expect([strays, layer.clientCount]).toEqual([[200], 0]);
  });

  it("throws when a branch is used again while it is in use, because that is our own mistake", () => {
    const { layer, channel } = given();
    layer.request(requestOf("MESSAGE"), channel, listener());
    expect(() => layer.request(requestOf("MESSAGE"), channel, listener())).toThrow("z9hG4bKabc");
    expect(layer.openCount).toBe(1);
  });

  it("GEN-40: the answer to a CANCEL is not taken for the answer to its INVITE", () => {
    const { layer, channel, sent } = given();
    const user = listener();
    const invite = requestOf("INVITE");
    const transaction = layer.request(invite, channel, user);
    layer.receive(answerTo(invite, 180), channel);
    transaction.sendCancel();
    expect([sent, layer.clientCount]).toEqual([["INVITE", "CANCEL"], 2]);
    layer.receive(answerTo(requestOf("CANCEL"), 200), channel);
    layer.receive(answerTo(invite, 487), channel);
    expect([user.heard, sent]).toEqual([
      ["180", "487"],
      ["INVITE", "CANCEL", "ACK"],
    ]);
  });
});

describe("RFC 3261 §9.2 CANCEL at the server", () => {
  it("GEN-40: answers 200 to the CANCEL and 487 to the INVITE, with one To tag, and tells the user", () => {
    const cancelled: ServerTransaction[] = [];
    const { layer, channel, received, sent } = given({ hooks: { onCancel: (t) => void cancelled.push(t) } });
    layer.receive(requestOf("INVITE"), channel);
    layer.receive(requestOf("CANCEL"), channel);
    expect([sent, cancelled, layer.counts.cancels]).toEqual([["200", "487"], [received[0]?.transaction], 1]);
    const tags = channel.texts.map((text) => /^To: .*;tag=(.*)$/m.exec(text)?.[1]);
    expect(tags).toEqual(["tag3", "tag3"]);
    expect(received).toHaveLength(1);
  });

  it("GEN-40: answers 481 when nothing matches, and repeats that for a retransmission", () => {
    const { layer, channel, received, sent } = given();
    layer.receive(requestOf("INVITE", { branch: "z9hG4bKother" }), channel);
    layer.receive(requestOf("CANCEL"), channel);
    layer.receive(requestOf("CANCEL"), channel);
    expect([sent, received.length]).toEqual([["481", "481"], 1]);
  });

  it("GEN-40: has no effect on other methods, nor after a final response, and is answered 200", () => {
    for (const [method, status] of [
      ["MESSAGE", undefined],
      ["INVITE", 200],
      ["INVITE", 486],
    ] as const) {
      const { layer, channel, answer, sent } = given();
      layer.receive(requestOf(method), channel);
      if (status) answer(0, status);
      layer.receive(requestOf("CANCEL"), channel);
      expect(sent).toEqual(status ? [String(status), "200"] : ["200"]);
    }
  });

  it("GEN-34, GEN-40: finds its target by the rule for the target's method, RFC 2543's included", () => {
    const { layer, channel, sent } = given();
    layer.receive(requestOf("INVITE", { via: noCookie }), channel);
    layer.receive(requestOf("CANCEL", { via: noCookie, callId: "other" }), channel);
    layer.receive(requestOf("CANCEL", { via: noCookie }), channel);
    expect(sent).toEqual(["481", "200", "487"]);
  });
});

describe("RFC 3261 §8.2.2.2 Merged requests", () => {
  function merging() {
    const merged: SipRequest[] = [];
    return { merged, ...given({ hooks: { onMergedRequest: (request) => void merged.push(request) } }) };
  }

  it("GEN-19: From tag, Call-ID and CSeq of an open request under another branch are a copy that came another way", () => {
    const { layer, channel, received, merged } = merging();
    layer.receive(requestOf("MESSAGE"), channel);
    layer.receive(requestOf("MESSAGE", { branch: "z9hG4bKfork" }), channel);
    layer.receive(requestOf("MESSAGE", { branch: "z9hG4bKthird" }), channel);
    expect([received.length, merged.length, layer.counts.merged]).toEqual([1, 2, 2]);
  });

  it("GEN-19: another From tag, Call-ID, CSeq or method, or a To tag, makes another request", () => {
    const { layer, channel, received, merged } = merging();
    layer.receive(requestOf("MESSAGE"), channel);
    const others = [{ fromTag: "x" }, { callId: "x" }, { cseq: "8" }, { toTag: "x" }];
    for (const [index, other] of others.entries()) {
      layer.receive(requestOf("MESSAGE", { branch: `z9hG4bK${index}`, ...other }), channel);
    }
    layer.receive(requestOf("OPTIONS", { branch: "z9hG4bKo" }), channel);
    expect([received.length, merged]).toEqual([6, []]);
    layer.receive(requestOf("MESSAGE", { branch: "z9hG4bK9", fromTag: "x" }), channel);
    expect(merged).toHaveLength(1);
  });

  it("R-sip-105: a request that is answered is not open any more", () => {
    const { layer, channel, received, merged, answer } = merging();
    layer.receive(requestOf("MESSAGE"), channel);
    layer.receive(requestOf("MESSAGE", { branch: "z9hG4bK1", cseq: "8" }), channel);
    answer(0, 200);
    answer(1, 200);
    layer.receive(requestOf("MESSAGE", { branch: "z9hG4bK2" }), channel);
    layer.receive(requestOf("MESSAGE", { branch: "z9hG4bK3", cseq: "8" }), channel);
    expect([received.length, merged]).toEqual([4, []]);
  });

  it("GEN-19: without the hook a copy is a request like any other, as a proxy needs it", () => {
    const { layer, channel, received } = given();
    layer.receive(requestOf("MESSAGE"), channel);
    layer.receive(requestOf("MESSAGE", { branch: "z9hG4bKfork" }), channel);
    expect(received).toHaveLength(2);
  });
});

describe("TransactionLayer is bounded", () => {
  const branches = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ branch: `z9hG4bK${index}` }));

  it("refuses what comes above the limit with 503 and Retry-After, without a transaction, and takes retransmissions", () => {
    const { layer, channel, received, sent, clock, answer } = given({ limits: { maxServerTransactions: 2 } });
    for (const changes of branches(3)) layer.receive(requestOf("MESSAGE", changes), channel);
    expect([received.length, sent, layer.serverCount, layer.counts.refused]).toEqual([2, ["503"], 2, 1]);
    expect(channel.texts[0]).toContain("Retry-After: 10");
    answer(0, 200);
    layer.receive(requestOf("MESSAGE", { branch: "z9hG4bK0" }), channel);
    expect(sent).toEqual(["503", "200", "200"]);
    clock.advance(32_000);
    layer.receive(requestOf("MESSAGE", { branch: "z9hG4bK2" }), channel);
    expect(received).toHaveLength(3);
  });

  it("answers what the user chooses, or nothing", () => {
    for (const [onOverload, expected] of [
      [(request: SipRequest) => createResponse(request, 480, { toTag: "x" }), ["480"]],
      [() => undefined, []],
    ] as const) {
      const { layer, channel, sent } = given({ limits: { maxServerTransactions: 0 }, hooks: { onOverload } });
      layer.receive(requestOf("MESSAGE"), channel);
      expect(sent).toEqual(expected);
    }
  });

  it("refuses requests of ours above the limit, after it has returned, unless they are abandoned meanwhile", () => {
    const { layer, channel, clock, sent } = given({ limits: { maxClientTransactions: 0 } });
    const [kept, abandoned] = [listener(), listener()];
    layer.request(requestOf("MESSAGE"), channel, kept).sendCancel();
    layer.request(requestOf("MESSAGE"), channel, abandoned).cancel();
    expect(kept.heard).toEqual([]);
    clock.advance(0);
    expect([kept.heard, abandoned.heard, sent]).toEqual([["too many requests are on their way"], [], []]);
  });

  it("absorbs retransmissions unanswered when there is no room for the response", () => {
    const { layer, channel, answer, received, sent } = given({ limits: { maxKeptBytes: 0 } });
    layer.receive(requestOf("MESSAGE"), channel);
    answer(0, 200);
    layer.receive(requestOf("MESSAGE"), channel);
    expect([sent, received.length]).toEqual([["200"], 1]);
  });

  it("holds nothing when everything has ended", () => {
    const { layer, channel, answer, clock } = given();
    for (const [index, changes] of branches(100).entries()) {
      const request = requestOf("MESSAGE", changes);
      layer.receive(request, channel);
      answer(index, 200);
      layer.request(request, channel, listener());
      if (index % 2 === 0) layer.receive(answerTo(request, 200), channel);
    }
    expect([layer.serverCount, layer.clientCount, layer.openCount]).toEqual([100, 100, 50]);
    clock.advance(32_000);
    expect([layer.serverCount, layer.clientCount, layer.openCount, clock.armed]).toEqual([0, 0, 0, 0]);
  });
});

describe("TransactionLayer drains", () => {
  it("refuses new requests, takes retransmissions, ACK and CANCEL, and is done when all have their answers", async () => {
    const { layer, channel, received, answer, sent } = given();
    const request = requestOf("MESSAGE", { branch: "z9hG4bKout" });
    layer.receive(requestOf("MESSAGE"), channel);
    layer.receive(requestOf("INVITE", { branch: "z9hG4bKinvite" }), channel);
    layer.request(request, channel, listener());
    let isDone = false;
    const drained = layer.drain().then(() => (isDone = true));
    layer.receive(requestOf("MESSAGE", { branch: "z9hG4bKnew" }), channel);
    layer.receive(requestOf("MESSAGE"), channel);
    expect([received.length, sent]).toEqual([2, ["MESSAGE", "503"]]);
    answer(0, 200);
    layer.receive(requestOf("CANCEL", { branch: "z9hG4bKinvite" }), channel);
    await Promise.resolve();
    expect([isDone, layer.openCount]).toEqual([false, 1]);
    layer.receive(answerTo(request, 200), channel);
    await Promise.all([drained, layer.drain()]);
    expect([isDone, sent]).toEqual([true, ["MESSAGE", "503", "200", "200", "487"]]);
  });

  it("is done at once when nothing is open", async () => {
    await expect(given().layer.drain()).resolves.toBeUndefined();
  });

  it("forgets everything on close, and tells nobody", () => {
    const { layer, channel, answer, clock, sent } = given();
    const user = listener();
    layer.receive(requestOf("MESSAGE"), channel);
    layer.receive(requestOf("INVITE", { branch: "z9hG4bKi" }), channel);
    layer.request(requestOf("MESSAGE"), channel, user);
    layer.close();
    answer(0, 200);
    clock.advance(60_000);
    expect([layer.serverCount, layer.clientCount, clock.armed]).toEqual([0, 0, 0]);
    expect([user.heard, sent]).toEqual([[], ["MESSAGE"]]);
  });
});

describe("TransactionLayer tells of lost answers", () => {
  it("RFC 3261 §17.2.4: SHOULD inform the TU when an answer was lost for good", () => {
    const lost: string[] = [];
    const hooks = { onAnswerLost: (_: ServerTransaction, reason: string) => void lost.push(reason) };
    const { layer, channel, answer, clock } = given({ hooks });
    layer.receive(requestOf("MESSAGE"), channel);
    answer(0, 200);
    channel.lose(-1, "no route");
    layer.receive(requestOf("INVITE"), channel);
    answer(1, 486);
    clock.advance(32_000);
    expect(lost).toEqual(["no route", "no ACK came"]);
  });

  it("does not mind that the user does not want to know", () => {
    const { layer, channel, answer } = given();
    layer.receive(requestOf("INVITE"), channel);
    answer(0, 180);
    channel.lose();
    layer.receive(requestOf("CANCEL"), channel);
    expect(layer.serverCount).toBe(2);
  });

  it("goes on with the other alarms when a user throws in one", () => {
    const { layer, channel, clock } = given();
    const heard: string[] = [];
    for (const name of ["one", "two"]) {
      const user = { ...listener(), onTimeout: () => broken(heard, name) };
      layer.request(requestOf("MESSAGE", { branch: `z9hG4bK${name}` }), channel, user);
    }
    clock.advance(31_999);
    expect(() => clock.advance(1)).toThrow("user is broken");
    expect(() => clock.advance(1)).toThrow("user is broken");
    expect(heard).toEqual(["one", "two"]);
  });
});

function broken(heard: string[], name: string): never {
  heard.push(name);
  throw new Error("user is broken");
}
