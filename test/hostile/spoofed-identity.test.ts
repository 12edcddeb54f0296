import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { BesiegedServer } from "./besieged-server.js";
import { rawDevice, type RawDevice } from "./raw-device.js";
import { answerTo, sipText, token, type Wording } from "./sip-text.js";
import { type Answer, rawUdp } from "./wire.js";

const alice = "<sip:alice@127.0.0.1>";
const toCarol = "sip:carol@127.0.0.1";

let besieged: BesiegedServer;
let carol: RawDevice;
let port: number;
beforeAll(async () => {
  besieged = await BesiegedServer.start();
  port = besieged.server.ports.sip;
  carol = await rawDevice(port, "carol");
}, 60_000);
afterAll(() => besieged?.stop());

async function overUdp(wording: Wording): Promise<Answer> {
  const peer = await rawUdp(port);
  peer.send(sipText(wording));
  return peer.answer("SIP/2.0 ");
}

async function mustNotArrive(mark: string): Promise<void> {
  await wait(100);
  await besieged.mustServe();
  expect(carol.arrived).not.toContain(mark);
}

/** Asks with credentials, after the challenge to the same request without. */
async function withCredentials(user: string, wording: Wording) {
  const peer = await rawUdp(port);
  const callId = token();
  const uri = wording.uri ?? toCarol;
  const text = (cseq: number, authorization?: string) =>
    sipText({
      ...wording,
      uri,
      headers: {
        "Call-ID": callId,
        CSeq: `${cseq} MESSAGE`,
        "Proxy-Authorization": authorization,
        ...wording.headers,
      },
    });
  peer.send(text(1));
  const challenge = await peer.answer("1 MESSAGE");
  expect(challenge.status).toBe(407);
  const proof = answerTo(challenge.text, { username: user, password: user, method: "MESSAGE", uri });
  peer.send(text(2, proof));
  return { peer, text, proof, answer: await peer.answer("2 MESSAGE") };
}

describe("GEN-06 identities that nobody vouches for", () => {
  it("P-Asserted-Identity of a stranger is not read and reaches nobody; the sender stays the stranger", async () => {
    const mark = token();
    const headers = { "P-Asserted-Identity": `"Alice" ${alice}, <tel:+15551234>` };
    expect(await overUdp({ uri: toCarol, body: mark, headers })).toMatchObject({ status: 200 });
    const received = await carol.received(mark);
    expect(received).toMatch(/^From: <sip:mallory@elsewhere\.example>/m);
    expect(received).not.toMatch(/P-Asserted-Identity|alice|5551234/i);
  });

  it("P-Preferred-Identity, P-Served-User, P-Called-Party-ID and charging of a stranger reach nobody and redirect nothing", async () => {
    const mark = token();
    const headers = {
      "P-Preferred-Identity": alice,
      "P-Served-User": `${alice};sescase=orig;regstate=reg`,
      "P-Called-Party-ID": "<sip:bob@127.0.0.1>",
      "P-Charging-Vector": "icid-value=forged",
    };
    expect(await overUdp({ uri: toCarol, body: mark, headers })).toMatchObject({ status: 200 });
    expect(await carol.received(mark)).not.toMatch(/P-Preferred|P-Served|P-Called|forged|alice|bob/i);
    expect(besieged.messagesWith(mark)).toEqual([]);
  });

  it.each([
    ["alone", {}],
    ["with P-Asserted-Identity", { "P-Asserted-Identity": alice }],
    ["with P-Served-User", { "P-Served-User": `${alice};sescase=orig` }],
    ["with P-Asserted-Identity and Privacy", { "P-Asserted-Identity": alice, Privacy: "id" }],
    ["with Via of a core", { Via: "SIP/2.0/UDP 127.0.0.1:1;branch=z9hG4bK1;rport" }],
  ])("From of one of our users %s has to be proved: 407", async (_how, headers) => {
    const mark = token();
    const answer = await overUdp({
      uri: toCarol,
      body: mark,
      headers: { From: `${alice};tag=1`, ...headers },
    });
    expect(answer).toMatchObject({ status: 407 });
    await mustNotArrive(mark);
  });

  it("an anonymous From with P-Asserted-Identity of one of our users makes nobody that user", async () => {
    const mark = token();
    const headers = {
      From: '"Anonymous" <sip:anonymous@anonymous.invalid>;tag=1',
      "P-Asserted-Identity": alice,
      Privacy: "id",
    };
    const answer = await overUdp({ uri: toCarol, body: mark, headers });
    if (answer.status === 200) expect(await carol.received(mark)).not.toContain("alice");
    else expect(answer.status).toBe(407);
  });

  it("RFC 3261 §26.1.1: on a connection that carol registered, From of alice has to be proved", async () => {
    const mark = token();
    const headers = { From: `${alice};tag=1`, "P-Asserted-Identity": alice };
    carol.send(
      sipText({
        uri: "sip:bob@127.0.0.1",
        transport: "TCP",
        body: mark,
        headers: { ...headers, "Call-ID": mark },
      }),
    );
    expect([403, 407]).toContain((await carol.answer("SIP/2.0 ", mark)).status);
    await besieged.mustServe();
    expect(besieged.messagesWith(mark)).toEqual([]);
  });

  it("what carol sends on her connection is from carol, whatever she asserts", async () => {
    const mark = token();
    const headers = { From: `<${toCarol}>;tag=1`, "P-Asserted-Identity": alice, "Call-ID": mark };
    carol.send(sipText({ uri: "sip:bob@127.0.0.1", transport: "TCP", body: mark, headers }));
    expect(await carol.answer("SIP/2.0 ", mark)).toMatchObject({ status: 200 });
    expect(besieged.messagesWith(mark)).toMatchObject([{ from: "sip:carol@127.0.0.1" }]);
  });

  it("GEN-33 bob's own credentials do not send as alice: 403", async () => {
    const mark = token();
    const { answer } = await withCredentials("bob", { body: mark, headers: { From: `${alice};tag=1` } });
    expect(answer).toMatchObject({ status: 403, reason: "From Is Not An Address Of The Authenticated User" });
    await mustNotArrive(mark);
  });

  it("SC-01 bob's own credentials do not register a device for alice", async () => {
    const peer = await rawUdp(port);
    const register = (cseq: number, authorization?: string) =>
      sipText({
        method: "REGISTER",
        uri: "sip:127.0.0.1",
        headers: {
          From: "<sip:bob@127.0.0.1>;tag=1",
          To: alice,
          Contact: `<sip:thief@127.0.0.1:${peer.port}>`,
          "Call-ID": "theft",
          CSeq: `${cseq} REGISTER`,
          Authorization: authorization,
        },
      });
    peer.send(register(1));
    const { text } = await peer.answer("1 REGISTER");
    const proof = { username: "bob", password: "bob", method: "REGISTER", uri: "sip:127.0.0.1" };
    peer.send(register(2, answerTo(text, proof)));
    expect((await peer.answer("2 REGISTER")).status).toBe(403);
    peer.send(register(3));
    expect((await peer.answer("3 REGISTER")).status).toBe(401);
  });

  it("SC-08 a stranger is not taken further: 403 for another network, by Request-URI and by Route", async () => {
    const elsewhere = "sip:victim@far.example";
    expect(await overUdp({ uri: elsewhere, body: "relay" })).toMatchObject({ status: 403 });
    const headers = { Route: `<sip:127.0.0.1:${port};lr>, <sip:far.example;lr>` };
    const viaRoute = await overUdp({ uri: elsewhere, body: "relay", headers });
    expect([403, 404]).toContain(viaRoute.status);
  });
});

describe("GEN-31 GEN-33 credentials that were overheard", () => {
  it("the same nonce and nc again are refused, and the message does not arrive", async () => {
    const first = token();
    const headers = { From: `${alice};tag=1` };
    const { peer, text, proof, answer } = await withCredentials("alice", { body: first, headers });
    expect(answer).toMatchObject({ status: 200 });
    await carol.received(first);
    const replayed = token();
    peer.send(text(3, proof).replace(first, replayed));
    expect(await peer.answer("3 MESSAGE")).toMatchObject({ status: 407 });
    const thief = await rawUdp(port, "127.0.0.7");
    thief.send(text(4, proof).replace(first, replayed));
    expect(await thief.answer("4 MESSAGE")).toMatchObject({ status: 407 });
    await mustNotArrive(replayed);
  });

  it("a nonce that we did not make, or that was changed, is refused", async () => {
    const { text, proof } = await withCredentials("alice", {
      body: token(),
      headers: { From: `${alice};tag=1` },
    });
    const forged = proof.replace(/nonce="[^"]{8}/, 'nonce="AAAAAAAA').replace(/nc=\d+/, "nc=00000002");
    const peer = await rawUdp(port);
    peer.send(text(9, forged));
    expect(await peer.answer("9 MESSAGE")).toMatchObject({ status: 407 });
  });

  it("an unknown user and a wrong password get the same answer", async () => {
    const shapes: string[] = [];
    for (const user of ["alice", "nobody-at-all"]) {
      const peer = await rawUdp(port);
      const headers = { From: `<sip:${user}@127.0.0.1>;tag=1`, "Call-ID": "probe" };
      peer.send(sipText({ uri: toCarol, headers: { ...headers, CSeq: "1 MESSAGE" } }));
      const { text } = await peer.answer("1 MESSAGE");
      const wrong = { username: user, password: "wrong", method: "MESSAGE", uri: toCarol };
      peer.send(
        sipText({
          uri: toCarol,
          headers: { ...headers, CSeq: "2 MESSAGE", "Proxy-Authorization": answerTo(text, wrong) },
        }),
      );
      const refused = await peer.answer("2 MESSAGE");
      shapes.push(
        refused.text
          .replaceAll(user, "USER")
          .replaceAll(/(nonce|branch|tag|rport)=("[^"]*"|[^;\s,]*)/g, "$1"),
      );
    }
    expect(shapes[0]).toBe(shapes[1]);
    expect(shapes[0]).toMatch(/^SIP\/2\.0 (407|403) /);
  });

  it.each([
    ["no parameters", "Digest"],
    ["half a parameter", "Digest username"],
    ["a realm alone", 'Digest realm="127.0.0.1"'],
    ["another scheme", "Basic YWxpY2U6YWxpY2U="],
    ["white space", "\t"],
    ["500 parameters", `Digest ${'x="y",'.repeat(500)}`],
  ])("Proxy-Authorization with %s gets 400, 403 or 407", async (_what, authorization) => {
    const headers = { From: `${alice};tag=1`, "Proxy-Authorization": authorization };
    expect([400, 403, 407]).toContain((await overUdp({ uri: toCarol, body: "x", headers })).status);
  });
});

describe("GEN-36 responses that nobody asked for", () => {
  it("are dropped and counted, also with a Via of ours", async () => {
    const before = await besieged.count("heliograph_sip_stack_strays_total");
    const peer = await rawUdp(port);
    const via = `SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bK${token()}`;
    const text = sipText({ headers: { Via: via } }).replace(/^.*/, "SIP/2.0 200 OK");
    for (let sent = 0; sent < 20; sent += 1) peer.send(text);
    await besieged.mustServe();
    expect(await besieged.count("heliograph_sip_stack_strays_total")).toBeGreaterThanOrEqual(before + 20);
    expect(peer.arrived).toBe("");
  });
});

describe("GEN-14 lies are counted", () => {
  it("identities that were ignored, challenges, refusals", async () => {
    await besieged.mustServe();
    expect(await besieged.count("heliograph_sip_edge_untrusted_identities_total")).toBeGreaterThanOrEqual(4);
    expect(await besieged.count("heliograph_sip_edge_challenges_total")).toBeGreaterThanOrEqual(10);
    expect(
      await besieged.count("heliograph_sip_edge_refused_total", 'why="identity"'),
    ).toBeGreaterThanOrEqual(3);
    expect(await besieged.count("heliograph_sip_edge_failures_total")).toBe(0);
  });
});
