import { describe, expect, it } from "@jest/globals";
import { type DialogWay, type Flow, type Outcome, usualTargetOf } from "@heliograph/sip";
import { accepted, givenCall, givenTwo, noteEnd, requestInDialog, sdp, statusOf } from "./dialog-support.js";

describe("Dialogs are bounded", () => {
  it("turns an INVITE away with 503 and Retry-After when too many dialogs are open, and sends none", async () => {
    const { network, alice, bob } = givenTwo({ bob: { limits: { maxDialogs: 1, retryAfterS: 7 } } });
    const first = alice.call("bob");
    await network.pass(100);
    await accepted(first);
    const told: (readonly string[])[] = [];
    bob.onInvite = (invite) => {
      invite.onCancelled((reasons) => void told.push(reasons));
      invite.progress(180);
      invite.refuse(486);
    };
    const second = alice.call("bob");
    await network.pass(100);
    const outcome = await second.outcome;
    expect(outcome.kind === "refused" && outcome.response.status).toBe(503);
    expect(network.all("503 INVITE")[0]?.text).toContain("\r\nRetry-After: 7\r\n");
    expect([told, bob.invites[1]?.isOver]).toEqual([[[]], true]);
    const ours = bob.call("alice");
    ours.cancel();
    expect(await ours.outcome).toEqual({ kind: "unreachable", reason: "too many dialogs are open" });
  });

  it("RFC 3261 §8.2.2.3 turns an INVITE away with 420 that requires what nobody knows", async () => {
    const { network, alice, answered } = givenTwo();
    const outgoing = alice.call("bob", { with: { headers: [["Require", "100rel, foo"]] } });
    await network.pass(100);
    const outcome = await outgoing.outcome;
    expect(outcome.kind === "refused" && outcome.response.headers.get("unsupported")).toBe("foo");
    expect(answered.map(noteEnd)).toEqual([[{ by: "remote", reasons: [] }]]);
  });

  it("GEN-39 RFC 3261 §12.2.2 turns an INVITE away with 481 that belongs to a dialog which is not here", async () => {
    const { network, alice, bob, caller } = await givenCall();
    const id = { ...caller.id, remoteTag: "other" };
    const invite = requestInDialog({ id, remoteTarget: "sip:bob" }, "INVITE", { number: 70_000 });
    const failed: unknown[] = [];
    const hearer = {
      onResponse: () => undefined,
      onFailed: (outcome: Outcome) => void failed.push(statusOf(outcome)),
    };
    alice.node.invite(invite, { kind: "uri", uri: "sip:bob" }, hearer);
    await network.pass(50);
    expect([failed, bob.invites.length, bob.dialogs.size]).toEqual([[481], 2, 1]);
  });

  it("tells what its user gets wrong", async () => {
    const { network, alice, bob } = givenTwo();
    bob.onInvite = () => undefined;
    alice.call("bob");
    await network.pass(10);
    const [invite] = bob.invites;
    expect(() => invite?.progress(100)).toThrow("100 is no answer of progress");
    expect(() => invite?.refuse(200)).toThrow("200 refuses nothing");
  });
});

describe("Dialogs drain", () => {
  it("GEN-17 ends every dialog with BYE and this Reason, gives up those on their way, and waits no longer than it may", async () => {
    const { network, alice, bob, callerEnds, calleeEnds } = await givenCall();
    bob.onInvite = (invite) => invite.progress(180);
    const ringing = alice.call("bob");
    const theirs = bob.call("alice");
    await network.pass(50);
    let isDrained = false;
    void alice.dialogs
      .drain(5_000, 'SIP;cause=503;text="Service Unavailable"')
      .then(() => (isDrained = true));
    await network.pass(200);
    expect(isDrained).toBe(true);
    expect(await ringing.outcome).toEqual({ kind: "cancelled" });
    const outcome = await theirs.outcome;
    expect(outcome.kind === "refused" && outcome.response.status).toBe(487);
    const reasons = ['SIP;cause=503;text="Service Unavailable"'];
    expect([callerEnds, calleeEnds]).toEqual([[{ by: "local" }], [{ by: "remote", reasons }]]);
    expect([alice.dialogs.size, bob.dialogs.size]).toEqual([0, 0]);
    const late = await givenCall();
    late.network.fate = () => [];
    let isOver = false;
    void late.alice.dialogs.drain(5_000).then(() => (isOver = true));
    await late.network.pass(4_900, 100);
    expect(isOver).toBe(false);
    await late.network.pass(200);
    expect([isOver, late.alice.dialogs.size]).toEqual([true, 0]);
  });
});

const way = (parts: Partial<DialogWay> & { readonly transport?: Flow["transport"] }): DialogWay => ({
  uri: "sip:peer@192.0.2.1",
  isOpen: true,
  isDirect: true,
  flow: {
    id: "f",
    transport: parts.transport ?? "tcp",
    localAddress: "192.0.2.2",
    localPort: 5060,
    remoteAddress: "192.0.2.1",
    remotePort: 40_000,
  },
  ...parts,
});

describe("RFC 3261 §12.2.1.1 the way of a request inside a dialog", () => {
  it("is the open connection that leads there; else where the URI leads, unless only the connection did", () => {
    const flow = { kind: "flow", flowId: "f" };
    const uri = { kind: "uri", uri: "sip:peer@192.0.2.1" };
    expect(usualTargetOf(way({}))).toEqual(flow);
    expect(usualTargetOf(way({ isOpen: false }))).toEqual(uri);
    expect(usualTargetOf(way({ isDirect: false }))).toEqual(uri);
    expect(usualTargetOf(way({ transport: "udp" }))).toEqual(uri);
    for (const text of [
      "sip:x@abc.invalid;transport=ws",
      "sip:x@abc.invalid",
      "sips:x@h.example;transport=wss",
    ]) {
      expect(usualTargetOf(way({ uri: text, isOpen: false }))).toBeUndefined();
      expect(usualTargetOf(way({ uri: text }))).toEqual(flow);
    }
  });

  it("is its user's choice", async () => {
    const asked: string[] = [];
    const { network, caller } = await givenCall({
      alice: {
        targetOf: ({ uri, flow, isOpen, isDirect }) => {
          asked.push(`${uri} ${flow.id} ${isOpen} ${isDirect}`);
          return { kind: "uri", uri: "sip:bob" };
        },
      },
    });
    void caller.request("INFO", {});
    await network.pass(10);
    expect(asked).toEqual(["sip:bob udp,bob true true", "sip:bob udp,bob true true"]);
  });

  it("follows the peer to the flow that its last request came over", async () => {
    const { network, alice, bob, caller, callee } = await givenCall({
      alice: { transport: "tcp" },
      bob: { transport: "tcp" },
    });
    const roaming = network.node("roaming", "tcp");
    void roaming.send(requestInDialog(caller, "UPDATE", { number: 70_000 }), { kind: "uri", uri: "sip:bob" });
    await network.pass(50);
    void callee.request("INFO", {});
    await network.pass(50);
    expect(network.all("INFO")[0]?.to).toBe("roaming");
    bob.dialogs.flowClosed(bob.node.flow("alice"));
    bob.node.closed.add("tcp,roaming");
    bob.dialogs.flowClosed(bob.node.flow("roaming"));
    expect([bob.dialogs.size, alice.dialogs.size]).toEqual([1, 1]);
  });

  it("is none when the connection has closed that alone led to the peer: its dialogs are over", async () => {
    const contact = () => "<sip:x@abc.invalid;transport=ws>";
    const { network, bob, callee, calleeEnds } = await givenCall({
      alice: { transport: "ws", contact },
      bob: { transport: "ws" },
    });
    bob.onInvite = (invite) => invite.progress(180);
    bob.node.closed.add("ws,alice");
    expect(statusOf(await callee.request("INFO", {}))).toBe("unreachable");
    const pending = callee.request("INVITE", sdp(5));
    expect(statusOf(await pending)).toBe("unreachable");
    bob.dialogs.flowClosed(bob.node.flow("alice"));
    await network.pass(50);
    expect(calleeEnds).toEqual([{ by: "failure", why: "flow closed" }]);
    expect([bob.dialogs.size, network.all("BYE")]).toEqual([0, []]);
  });

  it("tells the callee that the caller of an early dialog is gone", async () => {
    const contact = () => "<sip:x@abc.invalid;transport=ws>";
    const { network, alice, bob } = givenTwo({
      alice: { transport: "ws", contact },
      bob: { transport: "ws" },
    });
    const told: (readonly string[])[] = [];
    bob.onInvite = (invite) => invite.onCancelled((reasons) => void told.push(reasons));
    alice.call("bob");
    await network.pass(50);
    bob.node.closed.add("ws,alice");
    bob.dialogs.flowClosed(bob.node.flow("alice"));
    expect([told, bob.dialogs.size]).toEqual([[[]], 0]);
  });
});
