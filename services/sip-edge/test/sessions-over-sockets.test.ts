import { afterEach, describe, expect, it } from "@jest/globals";
import { sipEdge } from "@heliograph/contracts";
import { FakeClock } from "@heliograph/testkit";
import { aliceAndBob, edgeBetweenPeers } from "./edge-between-peers.js";
import { credentials, type Parts } from "./given.js";
import { invite } from "./given-sessions.js";
import { PeerDialog, SipPeer } from "./sip-peer.js";

const closing: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** An edge, Alice and Bob. */
async function scene(env: Record<string, string> = {}, clock?: FakeClock) {
  const node = await edgeBetweenPeers(env, clock);
  let isStopped = false;
  const stop = async () => {
    if (!isStopped) await node.edge.stop();
    isStopped = true;
  };
  closing.push(stop);
  const { caller, callee } = await aliceAndBob(node);
  closing.push(
    () => caller.close(),
    () => callee.close(),
  );
  return { ...node, caller, callee, stop };
}

type Scene = Awaited<ReturnType<typeof scene>>;

/** An INVITE of a peer's own. */
function inviteOf(peer: SipPeer, parts: Parts = {}): string {
  const more = [credentials, `Contact: ${peer.contact};+g.oma.sip-im`, ...(parts.more ?? [])];
  return invite({ ...parts, more }).replace(/Via: .*/, `Via: ${peer.via}`);
}

/** Waits for a fact. */
async function until(fact: () => boolean): Promise<void> {
  for (let waited = 0; !fact() && waited < 500; waited += 1)
    await new Promise((resolve) => setTimeout(resolve, 10));
  expect(fact()).toBe(true);
}

/** Alice and Bob in a session. */
async function inSession(stage: Scene, parts: Parts = {}) {
  const { caller, callee } = stage;
  caller.send(inviteOf(caller, parts));
  const bobsInvite = await callee.request("INVITE");
  callee.answer(bobsInvite, 180);
  await caller.response("INVITE", 180);
  const bob = PeerDialog.ofCallee(callee, bobsInvite, callee.accept(bobsInvite, "answer"));
  await callee.request("ACK");
  const accepted = await caller.response("INVITE", 200);
  const dialog = PeerDialog.ofCaller(caller, accepted);
  dialog.ack();
  return { alice: dialog, bob, accepted, bobsInvite };
}

const nothingIsLeft = ({ gauge }: Scene) =>
  until(() => gauge("session_legs") === 0 && gauge("dialogs") === 0);

describe("over real sockets: GEN-11 GEN-35 GEN-43 PF-06 a session between UDP and TCP", () => {
  it("is proved, rings, is accepted, is talked in from both sides, and ends", async () => {
    const stage = await scene();
    const { caller, callee, between } = stage;
    caller.send(inviteOf(caller).replace(/Proxy-Authorization.*\r\n/, ""));
    expect((await caller.final("INVITE")).headers.has("Proxy-Authenticate")).toBe(true);
    const { alice, bob, accepted, bobsInvite } = await inSession(stage);

    expect(accepted.headers.get("Contact")).toMatch(/^<sip:\w+@127\.0\.0\.1:\d+>;\+g\.oma\.sip-im/);
    expect(bobsInvite.headers.get("Contact")).toMatch(
      /^<sip:\w+@127\.0\.0\.1:\d+;transport=tcp>;\+g\.oma\.sip-im/,
    );
    expect(bobsInvite.callId).not.toBe(accepted.callId);
    expect(bobsInvite.headers.values("Supported")).toEqual(expect.arrayContaining(["timer", "100rel"]));
    expect(accepted.headers.get("Server")).toMatch(/^IM-serv\/OMA1\.0/);
    expect(new TextDecoder().decode(accepted.body)).toBe("answer");

    alice.send("INVITE", { body: "hold" });
    const reInvite = await callee.request("INVITE");
    expect(new TextDecoder().decode(reInvite.body)).toBe("hold");
    callee.accept(reInvite, "held");
    await callee.request("ACK");
    const held = await caller.response("INVITE", 200);
    expect(new TextDecoder().decode(held.body)).toBe("held");
    PeerDialog.ofCaller(caller, held).ack();

    bob.send("INFO", { fields: ["X-Novel: 1"] });
    const info = await caller.request("INFO");
    expect(info.headers.get("X-Novel")).toBe("1");
    caller.answer(info, 200);
    await callee.response("INFO", 200);

    bob.send("BYE", { fields: ['Reason: SIP;cause=200;text="Call completed"'] });
    await callee.response("BYE", 200);
    const bye = await caller.request("BYE");
    expect(bye.headers.get("Reason")).toBe('SIP;cause=200;text="Call completed"');
    caller.answer(bye, 200);
    await nothingIsLeft(stage);
    expect(between.left).toHaveLength(1);
  });

  it("GEN-44 without an offer: the offer comes in the 200, the answer in the ACK", async () => {
    const stage = await scene();
    const { caller, callee } = stage;
    caller.send(inviteOf(caller, { body: "" }));
    const bobsInvite = await callee.request("INVITE");
    expect(bobsInvite.body).toHaveLength(0);
    const bob = PeerDialog.ofCallee(callee, bobsInvite, callee.accept(bobsInvite, "offer"));
    const accepted = await caller.response("INVITE", 200);
    expect(new TextDecoder().decode(accepted.body)).toBe("offer");
    PeerDialog.ofCaller(caller, accepted).ack("mine");
    expect(new TextDecoder().decode((await callee.request("ACK")).body)).toBe("mine");
    bob.send("BYE");
    caller.answer(await caller.request("BYE"), 200);
    await nothingIsLeft(stage);
  });

  it("is refused as the other side refuses it", async () => {
    const stage = await scene();
    const { caller, callee } = stage;
    caller.send(inviteOf(caller));
    callee.answer(await callee.request("INVITE"), 486);
    await callee.request("ACK");
    expect((await caller.final("INVITE")).status).toBe(486);
    await nothingIsLeft(stage);
  });

  it("GEN-17 GEN-40 is cancelled: both sides hear 487 and why", async () => {
    const stage = await scene();
    const { caller, callee } = stage;
    const text = inviteOf(caller);
    caller.send(text);
    const bobsInvite = await callee.request("INVITE");
    callee.answer(bobsInvite, 180);
    await caller.response("INVITE", 180);
    const reason = 'Reason: SIP;cause=200;text="Call completed elsewhere"\r\n';
    const cancel = text
      .replaceAll("INVITE", "CANCEL")
      .replace(/Content-[\s\S]*/, `${reason}Content-Length: 0\r\n\r\n`);
    caller.send(cancel);
    expect((await caller.final("CANCEL")).status).toBe(200);
    expect((await caller.final("INVITE")).status).toBe(487);
    const heard = await callee.request("CANCEL");
    expect(heard.headers.get("Reason")).toBe('SIP;cause=200;text="Call completed elsewhere"');
    callee.answer(heard, 200);
    callee.answer(bobsInvite, 487);
    await nothingIsLeft(stage);
  });

  it("GEN-30 ends when the connection of one side closes", async () => {
    const stage = await scene();
    await inSession(stage);
    stage.callee.close();
    const bye = await stage.caller.request("BYE");
    expect(bye.headers.get("Reason")).toMatch(/^SIP;cause=4/);
    stage.caller.answer(bye, 200);
    await nothingIsLeft(stage);
  });

  it("PF-11 GEN-17 ends with BYE to both when the node stops, and GEN-39 its successor answers 481", async () => {
    const stage = await scene();
    const { alice } = await inSession(stage);
    const stopping = stage.stop();
    for (const peer of [stage.caller, stage.callee]) {
      const bye = await peer.request("BYE");
      expect(bye.headers.get("Reason")).toBe('SIP;cause=503;text="Service Unavailable"');
      peer.answer(bye, 200);
    }
    await stopping;
    expect(stage.gauge("session_legs")).toBe(0);
    const successor = await scene();
    const reborn = await SipPeer.udp(successor.udp);
    closing.push(() => reborn.close());
    reborn.send(alice.text("INVITE", { body: "still there?" }));
    expect((await reborn.final("INVITE")).status).toBe(481);
  });
});

describe("over real sockets: hostile peers", () => {
  it("GEN-40 GEN-39 a CANCEL of nothing, and requests in dialogs that never were, are 481", async () => {
    const stage = await scene();
    const peer = await SipPeer.udp(stage.udp);
    closing.push(() => peer.close());
    for (const method of ["BYE", "INVITE", "INFO", "PRACK", "UPDATE", "REFER"]) {
      peer.send(inviteOf(peer, { to: "<sip:bob@example.com>;tag=never" }).replaceAll("INVITE", method));
      expect((await peer.final(method)).status).toBe(481);
    }
    peer.send(inviteOf(peer).replaceAll("INVITE", "CANCEL"));
    expect((await peer.final("CANCEL")).status).toBe(481);
    peer.send(inviteOf(peer, { to: "<sip:bob@example.com>;tag=never" }).replaceAll("INVITE", "ACK"));
    await nothingIsLeft(stage);
    expect(peer.untaken).toEqual([]);
  });

  it("a flood of INVITEs: each is answered, what is beyond the bound at once, and nothing stays", async () => {
    const stage = await scene({ SIP_MAX_LEGS: "20" });
    const { between } = stage;
    const caller = await SipPeer.tcp(stage.tcp);
    closing.push(() => caller.close());
    const refuse: (() => void)[] = [];
    between.invite = () =>
      new Promise((resolve) => refuse.push(() => resolve({ kind: "refused", status: 480, reason: "No" })));
    for (let count = 0; count < 200; count += 1) caller.send(inviteOf(caller));
    const early = await Promise.all(Array.from({ length: 180 }, () => caller.final("INVITE")));
    expect(new Set(early.map(({ status }) => status))).toEqual(new Set([503]));
    expect(early[0]?.headers.has("Retry-After")).toBe(true);
    expect(stage.gauge("session_legs")).toBe(20);
    for (const one of refuse) one();
    const late = await Promise.all(Array.from({ length: 20 }, () => caller.final("INVITE")));
    expect(new Set(late.map(({ status }) => status))).toEqual(new Set([480]));
    await nothingIsLeft(stage);
  });

  it("a session description that is none passes as it is: whoever reads it refuses it", async () => {
    const stage = await scene();
    stage.between.invite = async () => ({ kind: "refused", status: 488, reason: "Not Acceptable Here" });
    stage.caller.send(inviteOf(stage.caller, { body: "\u0000garbage" }));
    expect((await stage.caller.final("INVITE")).status).toBe(488);
    expect(stage.between.invitations[0]?.body?.content).toEqual(new TextEncoder().encode("\u0000garbage"));
    await nothingIsLeft(stage);
  });

  it.each([
    ["parts that never end", "multipart/mixed;boundary=b", "--b\r\n".repeat(400), 400],
    ["parts in parts in parts", "multipart/mixed;boundary=b", nested(12), 400],
    ["parts without a boundary", "multipart/mixed", "--b--", 400],
    ["a type with too much in it", `application/sdp;${"x=1;".repeat(400)}y`, "v=0", 480],
  ])("%s cost their sender an answer", async (_, type, body, status) => {
    const stage = await scene();
    stage.between.invite = async () => ({ kind: "refused", status: 480, reason: "No" });
    const peer = await SipPeer.tcp(stage.tcp);
    closing.push(() => peer.close());
    peer.send(inviteOf(peer, { more: [`Content-Type: ${type}`], body }));
    expect((await peer.final("INVITE")).status).toBe(status);
    await nothingIsLeft(stage);
  });

  it("a body beyond what the door takes is refused, and the node lives on", async () => {
    const stage = await scene();
    const peer = await SipPeer.tcp(stage.tcp);
    closing.push(() => peer.close());
    peer.send(inviteOf(peer, { body: "x".repeat(100_000) }));
    expect((await peer.final("INVITE")).status).toBe(513);
    const { bob } = await inSession(stage);
    bob.send("BYE");
    stage.caller.answer(await stage.caller.request("BYE"), 200);
    await nothingIsLeft(stage);
  });

  it("GEN-12 a session interval that is too short is 422, an extension that nobody knows 420: nobody rings", async () => {
    const stage = await scene();
    const { caller, between } = stage;
    caller.send(inviteOf(caller, { more: ["Supported: timer", "Session-Expires: 30"] }));
    const refused = await caller.final("INVITE");
    expect([refused.status, refused.headers.get("Min-SE")]).toEqual([422, "90"]);
    caller.send(inviteOf(caller, { more: ["Require: novel"] }));
    expect((await caller.response("INVITE", 420)).headers.get("Unsupported")).toBe("novel");
    await nothingIsLeft(stage);
    expect(between.invitations).toEqual([]);
  });

  it("GEN-15 a re-INVITE against a re-INVITE is 491, and the session goes on", async () => {
    const stage = await scene();
    const { caller, callee } = stage;
    const { alice, bob } = await inSession(stage);
    alice.send("INVITE", { body: "from alice" });
    const atBob = await callee.request("INVITE");
    bob.send("INVITE", { body: "from bob" });
    expect((await callee.final("INVITE")).status).toBe(491);
    callee.accept(atBob, "held");
    const held = await caller.response("INVITE", 200);
    PeerDialog.ofCaller(caller, held).ack();
    bob.send("BYE");
    caller.answer(await caller.request("BYE"), 200);
    await nothingIsLeft(stage);
  });

  it("GEN-35 a caller who never acknowledges is ended after 64*T1, and so is the callee", async () => {
    const clock = new FakeClock();
    const stage = await scene({}, clock);
    const { caller, callee } = stage;
    caller.send(inviteOf(caller));
    const bobsInvite = await callee.request("INVITE");
    callee.accept(bobsInvite, "answer");
    await callee.request("ACK");
    await caller.response("INVITE", 200);
    for (let ms = 0; ms <= 32_000; ms += 500) clock.advance(500);
    const [atAlice, atBob] = await Promise.all([caller.request("BYE"), callee.request("BYE")]);
    expect(atAlice.headers.get("Reason")).toMatch(/cause=408/);
    expect(atBob.headers.get("Reason")).toMatch(/cause=408/);
    caller.answer(atAlice, 200);
    callee.answer(atBob, 200);
    await until(() => stage.gauge("session_legs") === 0 && stage.gauge("dialogs") === 0);
  });

  it("answers nobody asked for, from a leg that was cancelled, leave nothing", async () => {
    const stage = await scene();
    const { caller, callee, between, bus } = stage;
    caller.send(inviteOf(caller));
    const bobsInvite = await callee.request("INVITE");
    callee.answer(bobsInvite, 180);
    await caller.response("INVITE", 180);
    const leg = `bob-of-${between.invitations[0]?.id ?? ""}`;
    await bus.request(sipEdge.cancelLeg, { node: "n1" }, { leg });
    callee.answer(await callee.request("CANCEL"), 200);
    callee.accept(bobsInvite, "too late");
    await callee.request("ACK");
    callee.answer(await callee.request("BYE"), 200);
    expect((await caller.final("INVITE")).status).toBe(480);
    await nothingIsLeft(stage);
  });
});

function nested(depth: number): string {
  return depth === 0
    ? "x"
    : `--b\r\nContent-Type: multipart/mixed;boundary=b\r\n\r\n${nested(depth - 1)}\r\n--b--\r\n`;
}
