import { describe, expect, it } from "@jest/globals";
import type { IncomingInvite, SipRequest } from "@heliograph/sip";
import { accepted, Agent, givenCall, givenTwo, noteEnd, sdp, textOf } from "./dialog-support.js";
import { FakeNetwork, plainAnswer } from "./fake-network.js";

const ringing = (invite: IncomingInvite) => invite.progress(180);

describe("RFC 3261 §13 Initiating a Session", () => {
  it("is established by INVITE, 2xx and ACK, and leaves no timer behind", async () => {
    const { network, alice, bob } = givenTwo();
    const outgoing = alice.call("bob");
    await network.pass(100);
    const { response } = await accepted(outgoing);
    expect(network.lines).toEqual(["alice>bob INVITE", "bob>alice 200 INVITE", "alice>bob ACK"]);
    expect(textOf(response.body)).toContain("o=- 1 2 ");
    await network.pass(33_000, 500);
    expect([alice.caught, bob.caught, network.clock.armed]).toEqual([[], [], 0]);
    expect([alice.dialogs.size, bob.dialogs.size]).toEqual([1, 1]);
  });

  it("RFC 3261 §13.3.1.1 passes progress to the caller, in an early dialog of the same tags as the 2xx", async () => {
    const { network, alice, bob } = givenTwo();
    const heard: string[] = [];
    bob.onInvite = ringing;
    const outgoing = alice.call("bob", {
      onProgress: (response) => void heard.push(`${response.status} ${response.to.params.get("tag")}`),
    });
    await network.pass(100);
    expect([alice.dialogs.size, bob.dialogs.size]).toEqual([1, 1]);
    bob.invites[0]?.accept(sdp(2));
    await network.pass(100);
    const { dialog } = await accepted(outgoing);
    expect(heard).toEqual([`180 ${dialog.id.remoteTag}`]);
    expect([alice.dialogs.size, bob.dialogs.size]).toEqual([1, 1]);
  });

  it("RFC 3261 §13.3.1.1 MUST send a provisional answer at every minute", async () => {
    const { network, alice, bob } = givenTwo();
    bob.onInvite = ringing;
    alice.call("bob");
    await network.pass(130_000, 500);
    expect(network.all("180 INVITE").map(({ atMs }) => Math.round(atMs / 1_000))).toEqual([0, 60, 120]);
  });

  it("RFC 3261 §13.3.1.3 a refusal ends every early dialog, and is acknowledged by the transaction", async () => {
    const { network, alice, bob } = givenTwo();
    bob.onInvite = ringing;
    const outgoing = alice.call("bob");
    await network.pass(100);
    bob.invites[0]?.refuse(486, { reason: "Not Now", headers: [["Retry-After", "60"]] });
    await network.pass(100);
    const outcome = await outgoing.outcome;
    expect(outcome.kind === "refused" && [outcome.response.status, outcome.response.reason]).toEqual([
      486,
      "Not Now",
    ]);
    expect(network.lines.slice(-2)).toEqual(["bob>alice 486 INVITE", "alice>bob ACK"]);
    expect([alice.dialogs.size, bob.dialogs.size]).toEqual([0, 0]);
  });

  it("GEN-44 RFC 3261 §13.3.1 487 when the Expires of the INVITE passes without a final answer", async () => {
    const { network, alice, bob } = givenTwo();
    const told: (readonly string[])[] = [];
    bob.onInvite = (invite) => invite.onCancelled((reasons) => void told.push(reasons));
    const outgoing = alice.call("bob", { with: { headers: [["Expires", "20"]] } });
    await network.pass(19_900, 500);
    expect(told).toEqual([]);
    await network.pass(200);
    const outcome = await outgoing.outcome;
    expect(outcome.kind === "refused" && outcome.response.status).toBe(487);
    expect([told, bob.invites[0]?.isOver]).toEqual([[[]], true]);
  });

  it("GEN-35 RFC 3261 §13.3.1.4 repeats the 2xx from T1 to T2 over any transport until the ACK, then sends BYE after 64*T1", async () => {
    for (const transport of ["udp", "tcp"] as const) {
      const { network, alice, bob, answered } = givenTwo({ alice: { transport }, bob: { transport } });
      network.fate = (text) => (text.startsWith("ACK") ? [] : [1]);
      alice.call("bob");
      await network.pass(31_000, 500);
      const [dialog] = answered;
      const ends = dialog ? noteEnd(dialog) : [];
      const times = network.all("200 INVITE").map(({ atMs }) => Math.round(atMs / 100) / 10);
      expect(times).toEqual([0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5]);
      expect(network.all("ACK")).toHaveLength(10);
      await network.pass(2_000, 500);
      expect(ends).toEqual([{ by: "failure", why: "no ACK" }]);
      expect(network.all("BYE", "bob")[0]?.text).toContain("Reason: SIP;cause=408");
      expect([alice.dialogs.size, bob.dialogs.size]).toEqual([0, 0]);
    }
  });

  it("GEN-44 RFC 3261 §13.2.2.4 an INVITE without an offer gets it in the 2xx, and the answer goes into the ACK", async () => {
    const { network, alice, bob } = givenTwo();
    const acks: SipRequest[] = [];
    bob.onInvite = (invite) => {
      invite.onAcknowledged((ack) => void acks.push(ack));
      invite.accept(sdp(2));
    };
    const outgoing = alice.call("bob", { with: {} });
    await network.pass(100);
    const outcome = await accepted(outgoing);
    expect(textOf(outcome.response.body)).toContain("o=- 1 2 ");
    expect(network.all("ACK")).toEqual([]);
    outcome.acknowledge(sdp(3));
    outcome.acknowledge(sdp(4));
    await network.pass(2_000);
    expect(acks.map(({ body }) => textOf(body))).toEqual([expect.stringContaining("o=- 1 3 ")]);
    expect(network.all("ACK")).toHaveLength(1);
  });

  it("GEN-44 acknowledges a 2xx with an offer that nobody answered before it sends BYE", async () => {
    const { network, alice, bob } = givenTwo();
    const outgoing = alice.call("bob", { with: {} });
    await network.pass(100);
    const { dialog } = await accepted(outgoing);
    void dialog.bye();
    await network.pass(100);
    expect(network.lines.slice(-3)).toEqual(["alice>bob ACK", "alice>bob BYE", "bob>alice 200 BYE"]);
    expect([alice.dialogs.size, bob.dialogs.size]).toEqual([0, 0]);
  });

  it("RFC 3261 §13.2.2.4 passes the ACK to the transport again for each repeated 2xx", async () => {
    const { network, alice, bob } = givenTwo();
    let losses = 2;
    network.fate = (text) => (text.startsWith("ACK") && losses-- > 0 ? [] : [1]);
    alice.call("bob");
    await network.pass(5_000);
    const acks = network.all("ACK").map(({ text }) => text.replace(/branch=\S+/, ""));
    expect(acks).toHaveLength(3);
    expect(new Set(acks).size).toBe(1);
    expect(network.all("200 INVITE")).toHaveLength(3);
    expect([alice.dialogs.size, bob.dialogs.size]).toEqual([1, 1]);
  });
});

describe("RFC 3261 §9 Canceling a Request", () => {
  it("GEN-40 GEN-17 sends CANCEL with its Reason after a provisional answer, and tells both sides", async () => {
    const { network, alice, bob } = givenTwo();
    const told: (readonly string[])[] = [];
    bob.onInvite = (invite) => {
      invite.onCancelled((reasons) => void told.push(reasons));
      invite.progress(180);
    };
    const outgoing = alice.call("bob");
    await network.pass(100);
    outgoing.cancel('SIP;cause=200;text="Call completed elsewhere"');
    outgoing.cancel("SIP;cause=600");
    await network.pass(100);
    expect(await outgoing.outcome).toEqual({ kind: "cancelled" });
    expect(told).toEqual([['SIP;cause=200;text="Call completed elsewhere"']]);
    expect(network.all("CANCEL")).toHaveLength(1);
    expect([alice.dialogs.size, bob.dialogs.size]).toEqual([0, 0]);
    const late = bob.invites[0]?.accept(sdp(2));
    expect(late && noteEnd(late)).toEqual([
      { by: "remote", reasons: ['SIP;cause=200;text="Call completed elsewhere"'] },
    ]);
    expect(network.all("200 INVITE")).toEqual([]);
  });

  it("GEN-40 RFC 3261 §15 ends a 2xx that crosses the CANCEL with ACK and BYE", async () => {
    const { network, alice, bob, answered } = givenTwo();
    bob.onInvite = (invite) => {
      invite.progress(180);
      setAnswer(() => answered.push(invite.accept(sdp(2))));
    };
    const outgoing = alice.call("bob");
    await network.pass(100);
    network.fate = () => [500];
    outgoing.cancel("SIP;cause=487");
    answerNow();
    const [dialog] = answered;
    const ends = dialog ? noteEnd(dialog) : [];
    await network.pass(5_000);
    expect(await outgoing.outcome).toEqual({ kind: "cancelled" });
    expect(network.all("BYE", "alice")[0]?.text).toContain("Reason: SIP;cause=487");
    expect(ends).toEqual([{ by: "remote", reasons: ["SIP;cause=487"] }]);
    expect([alice.dialogs.size, bob.dialogs.size]).toEqual([0, 0]);
  });

  it("gives up ringing after ringMs, cancels, and calls it silent", async () => {
    const { network, alice, bob } = givenTwo();
    bob.onInvite = ringing;
    const outgoing = alice.call("bob", { ringMs: 3_000 });
    await network.pass(4_000);
    expect(await outgoing.outcome).toEqual({ kind: "silent" });
    expect(network.all("CANCEL")[0]?.atMs).toBe(3_000);
  });

  it("ends an early dialog by BYE as CANCEL would", async () => {
    const { network, alice, bob } = givenTwo();
    const told: (readonly string[])[] = [];
    bob.onInvite = (invite) => {
      invite.onCancelled((reasons) => void told.push(reasons));
      invite.progress(180);
    };
    const outgoing = alice.call("bob");
    await network.pass(100);
    const tag = bob.invites[0] && /;tag=(\S+)/.exec(network.all("180 INVITE")[0]?.text ?? "")?.[1];
    const invite = bob.invites[0]?.request;
    if (!invite) throw new Error("there is no INVITE");
    const bye = invite.with({
      method: "BYE",
      headers: invite.headers
        .set("CSeq", `${invite.cseq.number + 1} BYE`)
        .set("Reason", "SIP;cause=480")
        .set(
          "To",
          `<sip:bob>;tag=${/To: <sip:bob>;tag=(\S+)/.exec(network.all("180 INVITE")[0]?.text ?? "")?.[1]}`,
        )
        .without("Via"),
    });
    expect(tag).toBeDefined();
    void alice.node.send(bye, { kind: "uri", uri: "sip:bob" });
    await network.pass(100);
    const outcome = await outgoing.outcome;
    expect(outcome.kind === "refused" && outcome.response.status).toBe(487);
    expect([told, network.all("200 BYE").length, bob.dialogs.size]).toEqual([[["SIP;cause=480"]], 1, 0]);
  });
});

let answerNow = (): unknown => undefined;
const setAnswer = (answer: () => unknown) => void (answerNow = answer);

describe("RFC 3261 §13.2.2.4 forking downstream", () => {
  /** A peer that answers as several would, behind a proxy. */
  function givenFork(options: ConstructorParameters<typeof Agent>[2] = {}) {
    const network = new FakeNetwork();
    const alice = new Agent(network, "alice", options);
    const proxy = network.node("proxy");
    const got: string[] = [];
    proxy.onRequest = (incoming) => {
      got.push(`${incoming.request.method} ${incoming.request.to.params.get("tag") ?? ""}`.trim());
      if (incoming.request.method === "BYE") plainAnswer(incoming, 200);
      if (incoming.request.method !== "INVITE") return;
      const contact = (name: string) => [["Contact", `<sip:${name}@proxy>`] as const];
      plainAnswer(incoming, 180, { tag: "one", headers: contact("one") });
      plainAnswer(incoming, 180, { tag: "two", headers: contact("two") });
      plainAnswer(incoming, 200, { tag: "two", headers: contact("two"), body: "v=0" });
      plainAnswer(incoming, 200, { tag: "one", headers: contact("one"), body: "v=0" });
      plainAnswer(incoming, 200, { tag: "three", headers: contact("three"), body: "v=0" });
      plainAnswer(incoming, 200, { tag: "one", headers: contact("one"), body: "v=0" });
    };
    return { network, alice, got };
  }

  it("GEN-41 keeps the first 2xx; every other is acknowledged, and ended by BYE", async () => {
    const { network, alice, got } = givenFork();
    const outgoing = alice.call("proxy");
    await network.pass(200);
    const { dialog } = await accepted(outgoing);
    expect(dialog.id.remoteTag).toBe("two");
    expect(dialog.remoteTarget).toBe("sip:two@proxy");
    expect(got.sort()).toEqual([
      "ACK one",
      "ACK one",
      "ACK three",
      "ACK two",
      "BYE one",
      "BYE three",
      "INVITE",
    ]);
    expect(network.all("BYE")[0]?.text).toContain('Reason: SIP;cause=200;text="Call completed elsewhere"');
    expect(alice.dialogs.size).toBe(1);
  });

  it("GEN-41 forgets early dialogs that got no 2xx 64*T1 after the first", async () => {
    const network = new FakeNetwork();
    const alice = new Agent(network, "alice");
    network.node("proxy").onRequest = (incoming) => {
      if (incoming.request.method !== "INVITE") return;
      for (const tag of ["one", "two", "three"]) plainAnswer(incoming, 183, { tag });
      plainAnswer(incoming, 200, { tag: "one" });
    };
    alice.call("proxy");
    await network.pass(31_900, 500);
    expect(alice.dialogs.size).toBe(3);
    await network.pass(200);
    expect(alice.dialogs.size).toBe(1);
  });

  it("bounds the dialogs that one INVITE may have", async () => {
    const { network, alice, got } = givenFork({ limits: { maxForks: 2 } });
    const outgoing = alice.call("proxy");
    await network.pass(200);
    await accepted(outgoing);
    expect(got).not.toContain("ACK three");
    expect(alice.dialogs.size).toBe(1);
  });
});

describe("RFC 3261 §15 Terminating a Session", () => {
  it("GEN-17 sends BYE with its Reason and settles when it is answered", async () => {
    const { network, caller, callerEnds, calleeEnds, alice, bob } = await givenCall();
    let isOver = false;
    void caller.bye('SIP;cause=200;text="done"').then(() => (isOver = true));
    expect(isOver).toBe(false);
    await network.pass(100);
    expect(network.lines).toEqual(["alice>bob BYE", "bob>alice 200 BYE"]);
    expect([isOver, callerEnds]).toEqual([true, [{ by: "local" }]]);
    expect(calleeEnds).toEqual([{ by: "remote", reasons: ['SIP;cause=200;text="done"'] }]);
    expect([alice.dialogs.size, bob.dialogs.size]).toEqual([0, 0]);
    await caller.bye();
    expect(await caller.request("INFO", {})).toEqual({ kind: "unreachable", reason: "the dialog is over" });
  });

  it("settles when nobody answers the BYE", async () => {
    const { network, caller, alice } = await givenCall();
    network.fate = () => [];
    let isOver = false;
    void caller.bye().then(() => (isOver = true));
    await network.pass(31_000, 500);
    expect([isOver, alice.dialogs.size]).toEqual([false, 1]);
    await network.pass(2_000, 500);
    expect([isOver, alice.dialogs.size]).toEqual([true, 0]);
  });

  it("answers each of two BYEs that cross", async () => {
    const { network, caller, callee, callerEnds, calleeEnds, alice, bob } = await givenCall();
    void caller.bye();
    void callee.bye();
    await network.pass(100);
    expect(network.all("200 BYE")).toHaveLength(2);
    expect([callerEnds, calleeEnds]).toEqual([[{ by: "local" }], [{ by: "local" }]]);
    expect([alice.dialogs.size, bob.dialogs.size]).toEqual([0, 0]);
  });

  it("the callee MUST NOT send BYE until it has the ACK", async () => {
    const { network, alice, answered } = givenTwo();
    let mayPass = false;
    network.fate = (text) => (text.startsWith("ACK") && !mayPass ? [] : [1]);
    alice.call("bob");
    await network.pass(100);
    void answered[0]?.bye("SIP;cause=480");
    await network.pass(1_000);
    expect(network.all("BYE")).toEqual([]);
    mayPass = true;
    await network.pass(4_000);
    expect(network.all("BYE", "bob")[0]?.text).toContain("Reason: SIP;cause=480");
    expect(alice.dialogs.size).toBe(0);
  });

  it("RFC 3261 §15.1.2 answers 487 to requests that are pending when BYE comes", async () => {
    const { network, caller, callee } = await givenCall();
    callee.onRequest(() => undefined);
    const info = caller.request("INFO", {});
    const again = caller.request("INVITE", sdp(5));
    await network.pass(100);
    void caller.bye();
    await network.pass(100);
    for (const outcome of await Promise.all([info, again])) {
      expect(outcome.kind === "response" && outcome.response.status).toBe(487);
    }
  });
});
