import { afterEach, describe, expect, it } from "@jest/globals";
import {
  createDialogs,
  createRequest,
  type Dialog,
  type DialogEnd,
  type DialogOptions,
  type IncomingInvite,
  type InviteParts,
  type Target,
  type TransportName,
} from "@heliograph/sip";
import { TimerWheel } from "@heliograph/kernel";
import { FakeClock } from "@heliograph/testkit";
import { createSipStack, PooledChance } from "../src/index.js";
import { answerTo, closeAll, header, rawUdp, until } from "./given.js";

const open: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0)) await close();
  await closeAll();
});

const body = new TextEncoder().encode("v=0\r\n");
const sdp = { headers: [["Content-Type", "application/sdp"]] as const, body };

/** A user agent on sockets of loopback. Without `transports` it listens nowhere, as a client behind a NAT does. */
async function givenAgent(
  name: string,
  transports: readonly TransportName[],
  options: Partial<DialogOptions> = {},
) {
  const stack = createSipStack({
    listen: transports.map((transport) => ({ transport, address: "127.0.0.1", port: 0 })),
  });
  await stack.start();
  const port = stack.listeningPoints[0]?.port ?? 9;
  const transport = transports[0] ?? "tcp";
  const contact = `<sip:${name}@127.0.0.1:${port};transport=${transport}>`;
  const caught: unknown[] = [];
  const dialogs = createDialogs({
    stack,
    clock: new TimerWheel(),
    chance: new PooledChance(),
    contact: () => contact,
    onException: (cause) => void caught.push(cause),
    ...options,
  });
  open.push(async () => {
    await dialogs.drain(0);
    await stack.stop();
  });
  const invites: IncomingInvite[] = [];
  const agent = { onInvite: (invite: IncomingInvite): void => void invite };
  stack.onFlowClosed((flow) => dialogs.flowClosed(flow));
  stack.onRequest((incoming) => {
    if (dialogs.take(incoming) || incoming.request.method !== "INVITE") return;
    const invite = dialogs.answer(incoming);
    invites.push(invite);
    agent.onInvite(invite);
  });
  const call = (uri: string, parts: Partial<InviteParts> & { readonly target?: Target } = {}) =>
    dialogs.invite({
      request: createRequest({
        method: "INVITE",
        requestUri: uri,
        headers: [["From", `<sip:${name}@127.0.0.1>`], ["To", `<${uri}>`], ...sdp.headers],
        body,
      }),
      target: { kind: "uri", uri },
      ...parts,
    });
  const uri = `sip:${name}@127.0.0.1:${port};transport=${transport}`;
  return { stack, dialogs, invites, agent, call, uri, caught };
}

type Given = Awaited<ReturnType<typeof givenAgent>>;

function endsOf(dialog: Dialog): DialogEnd[] {
  const ends: DialogEnd[] = [];
  dialog.onEnded((end) => void ends.push(end));
  return ends;
}

async function established(caller: Given, callee: Given) {
  const answered: Dialog[] = [];
  callee.agent.onInvite = (invite) => void answered.push(invite.accept(sdp));
  const outcome = await caller.call(callee.uri).outcome;
  const [theirs] = answered;
  if (outcome.kind !== "accepted" || !theirs) throw new Error(`there is no call: ${outcome.kind}`);
  return { ours: outcome.dialog, theirs };
}

describe("RFC 3261 §13 a session over sockets", () => {
  it.each(["udp", "tcp", "ws"] as const)("is begun, changed and ended by both over %s", async (transport) => {
    const alice = await givenAgent("alice", [transport]);
    const bob = await givenAgent("bob", [transport]);
    const { ours, theirs } = await established(alice, bob);
    const got: string[] = [];
    for (const dialog of [ours, theirs]) {
      dialog.onRequest((incoming) => {
        got.push(incoming.request.method);
        incoming.respond(200, incoming.request.body.length > 0 ? sdp : {});
      });
    }
    for (const dialog of [ours, theirs]) {
      for (const [method, parts] of [
        ["INVITE", sdp],
        ["UPDATE", sdp],
        ["UPDATE", {}],
        ["INFO", {}],
      ] as const) {
        const outcome = await dialog.request(method, parts);
        expect(outcome.kind === "response" && outcome.response.status).toBe(200);
      }
    }
    const changes = ["INVITE", "UPDATE", "INFO"];
    expect(got).toEqual([...changes, ...changes]);
    const ends = endsOf(theirs);
    await ours.bye("SIP;cause=200");
    expect(ends).toEqual([{ by: "remote", reasons: ["SIP;cause=200"] }]);
    expect([alice.dialogs.size, bob.dialogs.size, alice.caught, bob.caught]).toEqual([0, 0, [], []]);
  });

  it("GEN-40 GEN-17 is cancelled while it rings", async () => {
    const alice = await givenAgent("alice", ["udp"]);
    const bob = await givenAgent("bob", ["udp"]);
    const told: (readonly string[])[] = [];
    bob.agent.onInvite = (invite) => {
      invite.onCancelled((reasons) => void told.push(reasons));
      invite.progress(180, { isReliable: true });
    };
    const heard: number[] = [];
    const outgoing = alice.call(bob.uri, { onProgress: ({ status }) => void heard.push(status) });
    await until(() => heard.length > 0);
    outgoing.cancel('SIP;cause=200;text="Call completed elsewhere"');
    await until(() => told.length > 0);
    expect([await outgoing.outcome, told]).toEqual([
      { kind: "cancelled" },
      [['SIP;cause=200;text="Call completed elsewhere"']],
    ]);
    await until(() => alice.dialogs.size + bob.dialogs.size === 0);
  });

  it("reaches who listens nowhere over the connection that they came by, and is over when that closes", async () => {
    const client = await givenAgent("client", []);
    const server = await givenAgent("server", ["tcp"], {
      targetOf: ({ flow, isOpen }) => (isOpen ? { kind: "flow", flowId: flow.id } : undefined),
    });
    const { ours, theirs } = await established(client, server);
    ours.onRequest((incoming) => incoming.respond(200));
    const outcome = await theirs.request("MESSAGE", {});
    expect(outcome.kind === "response" && outcome.response.status).toBe(200);
    const ends = endsOf(theirs);
    await client.stack.stop();
    await until(() => ends.length > 0);
    expect(ends).toEqual([{ by: "failure", why: "flow closed" }]);
    expect(server.dialogs.size).toBe(0);
  });

  it("RFC 4028 §10 GEN-12 is kept by UPDATE at half its interval, and ended when nobody answers", async () => {
    const clocks = [new FakeClock(), new FakeClock()] as const;
    const alice = await givenAgent("alice", ["tcp"], { clock: clocks[0] });
    const bob = await givenAgent("bob", ["tcp"], { clock: clocks[1] });
    const { ours, theirs } = await established(alice, bob);
    const ends = [endsOf(ours), endsOf(theirs)];
    const before = bob.stack.snapshot.requestsReceived;
    clocks[0].advance(900_000);
    await until(() => bob.stack.snapshot.requestsReceived > before);
    expect(ends).toEqual([[], []]);
    await bob.stack.stop();
    clocks[1].advance(1_800_000);
    expect(ends[1]).toEqual([{ by: "failure", why: "session timer" }]);
  });
});

describe("RFC 3261 §13.2.2.4 forking downstream, over UDP", () => {
  it("GEN-41 keeps the first 2xx, and sends ACK and BYE for every other one", async () => {
    const alice = await givenAgent("alice", ["udp"]);
    const peer = await rawUdp();
    const uri = `sip:bob@127.0.0.1:${peer.port}`;
    const outgoing = alice.call(uri);
    const invite = await peer.next();
    const port = Number(/127\.0\.0\.1:(\d+);branch/.exec(header(invite, "Via"))?.[1]);
    const from = (tag: string, status: string) =>
      answerTo(invite, status, [`Contact: <${uri};x=${tag}>`]).replace("tag=peer", `tag=${tag}`);
    for (const tag of ["one", "two"]) peer.send(from(tag, "180 Ringing"), port);
    for (const tag of ["two", "one"]) peer.send(from(tag, "200 OK"), port);
    const got = [await peer.next(), await peer.next(), await peer.next()];
    expect(got.map((text) => [text.split(" ")[0], /tag=(\w+)/.exec(header(text, "To"))?.[1]])).toEqual([
      ["ACK", "two"],
      ["ACK", "one"],
      ["BYE", "one"],
    ]);
    expect(header(got[2] ?? "", "Reason")).toBe('SIP;cause=200;text="Call completed elsewhere"');
    const outcome = await outgoing.outcome;
    expect(outcome.kind === "accepted" && outcome.dialog.id.remoteTag).toBe("two");
    peer.send(from("two", "200 OK"), port);
    expect(await peer.next()).toMatch(/^ACK sip:bob@127\.0\.0\.1:\d+;x=two SIP/);
  });

  it("GEN-35 repeats the 2xx until the ACK", async () => {
    const bob = await givenAgent("bob", ["udp"]);
    bob.agent.onInvite = (invite) => void invite.accept(sdp);
    const peer = await rawUdp();
    const text = [
      `INVITE ${bob.uri} SIP/2.0`,
      `Via: SIP/2.0/UDP 127.0.0.1:${peer.port};branch=z9hG4bKcall`,
      "Max-Forwards: 70",
      "From: <sip:carol@127.0.0.1>;tag=carol",
      "To: <sip:bob@127.0.0.1>",
      "Call-ID: carols",
      "CSeq: 5 INVITE",
      `Contact: <sip:carol@127.0.0.1:${peer.port}>`,
      "Content-Length: 0",
      "",
      "",
    ].join("\r\n");
    const port = bob.stack.listeningPoints[0]?.port ?? 0;
    peer.send(text, port);
    const [first, second] = [await peer.next(), await peer.next()];
    expect([first.slice(0, 15), second]).toEqual(["SIP/2.0 200 OK\r", first]);
    const ack = text
      .replace("INVITE sip", "ACK sip")
      .replace("5 INVITE", "5 ACK")
      .replace(/To: .*\r/, `To: ${header(first, "To")}\r`);
    peer.send(ack.replace("z9hG4bKcall", "z9hG4bKack"), port);
    const bye = ack
      .replace("ACK sip", "BYE sip")
      .replace("5 ACK", "6 BYE")
      .replace("z9hG4bKcall", "z9hG4bKbye");
    peer.send(bye, port);
    const answer = await peer.next();
    expect([answer.slice(0, 14), header(answer, "CSeq")]).toEqual(["SIP/2.0 200 OK", "6 BYE"]);
    expect(bob.dialogs.size).toBe(0);
  });
});
