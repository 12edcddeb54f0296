import { afterEach, describe, expect, it } from "@jest/globals";
import {
  createResponse,
  type Flow,
  type InviteHearer,
  type Outcome,
  type SipResponse,
} from "@heliograph/sip";
import { answerTo, closeAll, givenStack, header, message, outgoing, rawTcp, rawUdp, until } from "./given.js";

afterEach(closeAll);

/** Writes down what it hears: statuses, and how it failed. */
function hearer(): InviteHearer & {
  readonly heard: string[];
  readonly responses: SipResponse[];
  flow?: Flow;
} {
  const heard: string[] = [];
  const responses: SipResponse[] = [];
  return {
    heard,
    responses,
    onResponse(response, flow) {
      heard.push(String(response.status));
      responses.push(response);
      this.flow = flow;
    },
    onFailed: (outcome: Outcome) =>
      void heard.push(outcome.kind === "response" ? `failed ${outcome.response.status}` : outcome.kind),
  };
}

const invite = () => outgoing("", "INVITE");
const over = (port: number) => ({ kind: "uri", uri: `sip:bob@127.0.0.1:${port}` }) as const;
const cancelOf = (text: string, reason: string) =>
  text
    .replace("INVITE sip:", "CANCEL sip:")
    .replace(/CSeq: (\d+) INVITE/, "CSeq: $1 CANCEL")
    .replace("\r\n\r\n", `\r\nReason: ${reason}\r\n\r\n`);

describe("RFC 3261 §13.2 an INVITE of ours, over sockets", () => {
  it("tells of provisional responses and of every 2xx with its flow, and leaves the ACKs to its user", async () => {
    const { stack } = await givenStack();
    const peer = await rawUdp();
    const hears = hearer();
    stack.invite(invite(), over(peer.port), hears);
    const request = await peer.next();
    const port = Number(/127\.0\.0\.1:(\d+);branch/.exec(header(request, "Via"))?.[1]);
    peer.send(answerTo(request, "180 Ringing"), port);
    peer.send(answerTo(request, "200 OK"), port);
    peer.send(answerTo(request, "200 OK").replace("tag=peer", "tag=other"), port);
    await until(() => hears.heard.length === 3);
    expect(hears.heard).toEqual(["180", "200", "200"]);
    expect(hears.responses.map((one) => one.to.params.get("tag"))).toEqual(["peer", "peer", "other"]);
    expect(hears.flow).toMatchObject({ transport: "udp", remotePort: peer.port });
    expect(peer.count()).toBe(0);
  });

  it("acknowledges a refusal itself and tells of it once", async () => {
    const { stack } = await givenStack();
    const peer = await rawUdp();
    const hears = hearer();
    stack.invite(invite(), over(peer.port), hears);
    const request = await peer.next();
    const port = Number(/127\.0\.0\.1:(\d+);branch/.exec(header(request, "Via"))?.[1]);
    peer.send(answerTo(request, "486 Busy Here"), port);
    peer.send(answerTo(request, "486 Busy Here"), port);
    expect(await peer.next()).toMatch(/^ACK /);
    expect(await peer.next()).toMatch(/^ACK /);
    expect(hears.heard).toEqual(["failed 486"]);
  });

  it("GEN-40 GEN-17 sends CANCEL with its Reason after a provisional response, and hears the 487", async () => {
    const { stack } = await givenStack();
    const peer = await rawUdp();
    const hears = hearer();
    const sent = stack.invite(invite(), over(peer.port), hears);
    const request = await peer.next();
    const port = Number(/127\.0\.0\.1:(\d+);branch/.exec(header(request, "Via"))?.[1]);
    sent.cancel('SIP;cause=200;text="Call completed elsewhere"');
    peer.send(answerTo(request, "180 Ringing"), port);
    const cancel = await peer.next();
    expect([cancel.slice(0, 7), header(cancel, "Via")]).toEqual(["CANCEL ", header(request, "Via")]);
    expect(header(cancel, "Reason")).toBe('SIP;cause=200;text="Call completed elsewhere"');
    peer.send(answerTo(request, "487 Request Terminated"), port);
    expect(await peer.next()).toMatch(/^ACK /);
    expect(hears.heard).toEqual(["180", "failed 487"]);
  });

  it("is over at once when it is cancelled before it is on its way, and tries no further hop after CANCEL", async () => {
    const { stack } = await givenStack({
      dns: { ask: () => new Promise(() => undefined) } as never,
    });
    const hears = hearer();
    stack.invite(invite(), { kind: "uri", uri: "sip:bob@never.invalid" }, hears).cancel();
    expect(hears.heard).toEqual(["silent"]);
  });

  it("fails when the flow is gone, when its connection closes, and when the stack has stopped", async () => {
    const { stack, port } = await givenStack({ transports: ["tcp"] });
    const hears = hearer();
    stack.invite(invite(), { kind: "flow", flowId: "nothing" }, hears);
    const client = await rawTcp(port());
    client.send(message({ via: "SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bKopen" }));
    await client.next();
    const { received } = await givenStack();
    expect(received).toEqual([]);
    expect(hears.heard).toEqual(["unreachable"]);
    await stack.stop();
    stack.invite(invite(), over(1), hears);
    expect(hears.heard).toEqual(["unreachable", "unreachable"]);
  });
});

describe("RFC 3261 §13.3 an INVITE from outside, over sockets", () => {
  it("GEN-40 GEN-17 tells its watcher of the CANCEL with each of its Reason values", async () => {
    const { stack, port } = await givenStack();
    const client = await rawUdp();
    const reasons: (readonly string[])[] = [];
    stack.onRequest((incoming) => {
      incoming.watch?.({ onCancel: (values) => void reasons.push(values), onAnswerLost: () => undefined });
      incoming.respond(createResponse(incoming.request, 180, { toTag: "ours" }));
    });
    const text = message({ method: "INVITE", body: "" });
    client.send(text, port());
    expect(await client.next()).toMatch(/^SIP\/2\.0 180 /);
    client.send(cancelOf(text, 'SIP;cause=200;text="a, b", Q.850;cause=16'), port());
    const answers = [await client.next(), await client.next()].map((one) => one.slice(8, 11)).sort();
    expect(answers).toEqual(["200", "487"]);
    expect(reasons).toEqual([['SIP;cause=200;text="a, b"', "Q.850;cause=16"]]);
  });

  it("GEN-35 sends each repeated 2xx, and passes the ACK, whether its branch is the INVITE's or one of its own", async () => {
    const { stack, port } = await givenStack();
    const client = await rawUdp();
    const methods: string[] = [];
    stack.onRequest((incoming) => {
      methods.push(incoming.request.method);
      if (incoming.request.method !== "INVITE") return;
      const ok = createResponse(incoming.request, 200, { toTag: "ours" });
      incoming.respond(ok);
      incoming.respond(ok);
    });
    const text = message({ method: "INVITE", body: "" });
    client.send(text, port());
    expect([await client.next(), await client.next()].map((one) => one.slice(8, 11))).toEqual(["200", "200"]);
    const ack = text.replace("INVITE sip:", "ACK sip:").replace("INVITE\r\n", "ACK\r\n");
    client.send(ack, port());
    client.send(ack.replace(/branch=z9hG4bK[^;]*/, "branch=z9hG4bKack"), port());
    await until(() => methods.length === 3);
    expect(methods).toEqual(["INVITE", "ACK", "ACK"]);
  });

  it("RFC 3261 §17.2.4 tells its watcher when an answer was lost; without one nobody minds", async () => {
    const { stack, port } = await givenStack({ transports: ["tcp"] });
    const lost: string[] = [];
    const answers: (() => void)[] = [];
    stack.onRequest((incoming) => {
      if (answers.length === 0)
        incoming.watch?.({ onCancel: () => undefined, onAnswerLost: (why) => void lost.push(why) });
      answers.push(() => incoming.respond(createResponse(incoming.request, 200, { toTag: "ours" })));
    });
    const client = await rawTcp(port());
    for (const branch of ["z9hG4bKa", "z9hG4bKb"])
      client.send(message({ method: "INVITE", body: "", via: `SIP/2.0/TCP 127.0.0.1:9;branch=${branch}` }));
    await until(() => answers.length === 2);
    const closed = new Promise<void>((resolve) => stack.onFlowClosed(() => resolve()));
    client.socket.destroy();
    await closed;
    for (const answer of answers) answer();
    await until(() => lost.length === 1);
    expect(lost).toHaveLength(1);
  });
});
