import { describe, expect, it } from "@jest/globals";
import type { InDialogRequest, Outcome, SipRequest } from "@heliograph/sip";
import {
  accepted,
  Agent,
  givenCall,
  noteEnd,
  requestInDialog,
  sdp,
  statusOf,
  textOf,
} from "./dialog-support.js";
import { FakeNetwork, plainAnswer } from "./fake-network.js";

const bob = { kind: "uri", uri: "sip:bob" } as const;
const field = (text: string, name: string) => new RegExp(`^${name}: (.*)\r$`, "im").exec(text)?.[1];

describe("RFC 3261 §12.1 Creation of a Dialog", () => {
  it("GEN-39 RFC 3261 §12.1.1 MUST copy Record-Route in full and in order into answers of 101 to 299, with one To tag", async () => {
    const network = new FakeNetwork();
    const callee = new Agent(network, "bob");
    const caller = network.node("carol");
    callee.onInvite = (invite) => {
      invite.progress(180);
      invite.accept(sdp(2));
    };
    const routes = ["<sip:p2;lr;x=1>;y=2, <sip:p1>", "<sip:p0;lr>"];
    caller.invite(inviteFrom("carol", routes), bob, {
      onResponse: () => undefined,
      onFailed: () => undefined,
    });
    await network.pass(100);
    for (const what of ["180 INVITE", "200 INVITE"]) {
      const text = network.all(what)[0]?.text ?? "";
      expect([...text.matchAll(/^Record-Route: (.*)\r$/gm)].map(([, value]) => value)).toEqual(routes);
      expect([field(text, "To"), field(text, "Contact")]).toEqual(["<sip:you>;tag=bob2", "<sip:bob>"]);
    }
  });

  it("RFC 3261 §12.1.1 the callee's requests follow Record-Route in its order; §12.1.2 the caller's from behind", async () => {
    const network = new FakeNetwork();
    const callee = new Agent(network, "bob");
    const first = network.node("p1");
    network.node("p2");
    const dialogs: string[] = [];
    callee.onInvite = (invite) => {
      const dialog = invite.accept(sdp(2));
      void dialog.request("INFO", {});
      dialogs.push(dialog.remoteTarget);
    };
    network.node("carol").invite(inviteFrom("carol", ["<sip:p1;lr>", "<sip:p2;lr>"]), bob, {
      onResponse: () => undefined,
      onFailed: () => undefined,
    });
    await network.pass(100);
    const info = network.all("INFO")[0];
    expect([info?.to, dialogs]).toEqual(["p1", ["sip:phone@carol"]]);
    expect(info?.text.split("\r\n").slice(0, 4)).toEqual([
      "INFO sip:phone@carol SIP/2.0",
      expect.stringMatching(/^Via/),
      "Route: <sip:p1;lr>",
      "Route: <sip:p2;lr>",
    ]);
    const alice = new Agent(network, "alice");
    first.onRequest = (incoming) => {
      if (incoming.request.method !== "INVITE") return;
      const headers = [
        ["Record-Route", "<sip:p2;lr>, <sip:p1;lr>"],
        ["Contact", "<sip:phone@bob>"],
      ] as const;
      plainAnswer(incoming, 200, { headers });
    };
    alice.call("p1");
    await network.pass(100);
    expect(network.all("ACK", "alice")[0]?.text.split("\r\n").slice(0, 4)).toEqual([
      "ACK sip:phone@bob SIP/2.0",
      expect.stringMatching(/^Via/),
      "Route: <sip:p1;lr>",
      "Route: <sip:p2;lr>",
    ]);
  });

  it("RFC 3261 §12.2.1.1 places a strict router into the Request-URI, and the remote target last into Route", async () => {
    const network = new FakeNetwork();
    const alice = new Agent(network, "alice");
    network.node("proxy1").onRequest = (incoming) => {
      const routes = "<sip:proxy4>,<sip:proxy3;lr>,<sip:proxy2>,<sip:proxy1;method=INVITE?a=b>";
      const headers = [
        ["Record-Route", routes],
        ["Contact", "<sip:user@remoteua>"],
      ] as const;
      if (incoming.request.method === "INVITE") plainAnswer(incoming, 200, { headers });
    };
    alice.call("proxy1");
    await network.pass(100);
    const ack = network.all("ACK")[0]?.text ?? "";
    expect(ack.slice(0, ack.indexOf("\r\n"))).toBe("ACK sip:proxy1 SIP/2.0");
    expect([...ack.matchAll(/^Route: (.*)\r$/gm)].map(([, value]) => value)).toEqual([
      "<sip:proxy2>",
      "<sip:proxy3;lr>",
      "<sip:proxy4>",
      "<sip:user@remoteua>",
    ]);
  });

  it("RFC 3261 §13.2.2.4 recomputes the route set from the 2xx, and repeats the INVITE's credentials in the ACK", async () => {
    const network = new FakeNetwork();
    const alice = new Agent(network, "alice");
    network.node("bob").onRequest = (incoming) => {
      if (incoming.request.method !== "INVITE") return;
      plainAnswer(incoming, 180, { headers: [["Contact", "<sip:early@bob>"]] });
      const headers = [
        ["Record-Route", "<sip:bob;lr>"],
        ["Contact", "<sip:final@bob>"],
      ] as const;
      plainAnswer(incoming, 200, { headers });
    };
    alice.call("bob", { with: { headers: [["Authorization", 'Digest username="alice"']] } });
    await network.pass(100);
    const ack = network.all("ACK")[0]?.text ?? "";
    expect([ack.slice(0, 18), field(ack, "Route"), field(ack, "Authorization")]).toEqual([
      "ACK sip:final@bob ",
      "<sip:bob;lr>",
      'Digest username="alice"',
    ]);
  });

  it("takes a peer without tags and without Contact, as RFC 2543 had them", async () => {
    const network = new FakeNetwork();
    const callee = new Agent(network, "bob");
    const carol = network.node("carol");
    callee.onInvite = (invite) => void invite.accept(sdp(2));
    const invite = inviteFrom("carol", []);
    const old = invite.with({ headers: invite.headers.set("From", "<sip:carol>").without("Contact") });
    carol.invite(old, bob, { onResponse: () => undefined, onFailed: () => undefined });
    await network.pass(100);
    expect(callee.dialogs.size).toBe(1);
    const to = field(network.all("200 INVITE")[0]?.text ?? "", "To") ?? "";
    const id = { callId: invite.callId, localTag: "", remoteTag: to.slice(to.indexOf("tag=") + 4) };
    const bye = carol.send(requestInDialog({ id, remoteTarget: "sip:bob" }, "BYE", { number: 11 }), bob);
    await network.pass(100);
    expect([statusOf(await bye), callee.dialogs.size]).toEqual([200, 0]);
  });
});

/** An INVITE of a peer that is not ours. */
function inviteFrom(host: string, recordRoutes: readonly string[]): SipRequest {
  const id = { callId: `of-${host}`, localTag: "theirs", remoteTag: "" };
  const routes = recordRoutes.map((value) => ["Record-Route", value] as const);
  const headers = [["Contact", `<sip:phone@${host}>`] as const, ...routes];
  return requestInDialog({ id, remoteTarget: "sip:bob" }, "INVITE", { number: 10, headers });
}

describe("RFC 3261 §12.2 Requests within a Dialog", () => {
  it("passes INFO, MESSAGE, REFER, NOTIFY and OPTIONS to the user, whose answer goes back", async () => {
    const { network, caller, callee } = await givenCall();
    const got: string[] = [];
    callee.onRequest((incoming) => {
      got.push(`${incoming.request.method} ${textOf(incoming.request.body)}`.trim());
      const status = incoming.request.method === "REFER" ? 202 : 200;
      incoming.respond(status, { headers: [["X-Answer", "yes"]] });
      incoming.respond(500);
    });
    const outcomes: Outcome[] = [];
    for (const method of ["INFO", "MESSAGE", "REFER", "NOTIFY", "OPTIONS"]) {
      const headers = [["Content-Type", "text/plain"]] as const;
      const outcome = caller.request(method, { headers, body: new TextEncoder().encode("hello") });
      await network.pass(100);
      outcomes.push(await outcome);
    }
    expect(got).toEqual(["INFO hello", "MESSAGE hello", "REFER hello", "NOTIFY hello", "OPTIONS hello"]);
    expect(outcomes.map(statusOf)).toEqual([200, 200, 202, 200, 200]);
    expect(network.all("202 REFER")[0]?.text).toMatch(/\r\nX-Answer: yes\r\nContact: <sip:bob>\r\n/);
    const numbers = network.seen
      .filter(({ from }) => from === "alice")
      .map(({ text }) => field(text, "CSeq"));
    const first = Number(numbers[0]?.split(" ")[0]);
    expect(numbers.map((value) => Number(value?.split(" ")[0]) - first)).toEqual([0, 1, 2, 3, 4]);
  });

  it("takes nothing of its users that is its own to say", async () => {
    const { network, caller } = await givenCall({ alice: { userAgent: "Alice/1" } });
    const headers = [
      ["Via", "SIP/2.0/UDP evil"],
      ["From", "<sip:evil>"],
      ["Route", "<sip:evil;lr>"],
      ["CSeq", "1 BYE"],
      ["Session-Expires", "90"],
      ["User-Agent", "Bob/2"],
      ["Supported", "tdialog"],
    ] as const;
    void caller.request("INFO", { headers });
    await network.pass(10);
    const text = network.all("INFO")[0]?.text ?? "";
    expect(text).not.toMatch(/evil|Session-Expires|BYE/);
    expect([field(text, "User-Agent"), field(text, "Supported")]).toEqual(["Bob/2", "tdialog, timer"]);
    for (const method of ["ACK", "BYE", "CANCEL", "PRACK"]) {
      expect(() => caller.request(method, {})).toThrow(`${method} is sent by the dialog itself`);
    }
  });

  it("GEN-39 RFC 3261 §12.2.2 500 when CSeq is lower than the last one; gaps are fine", async () => {
    const { network, alice, caller, callee } = await givenCall();
    callee.onRequest((incoming) => incoming.respond(200));
    const ask = async (number: number) => {
      const outcome = alice.node.send(requestInDialog(caller, "INFO", { number }), bob);
      await network.pass(100);
      return statusOf(await outcome);
    };
    expect([await ask(70_000), await ask(69_999), await ask(70_001), await ask(90_000)]).toEqual([
      200, 500, 200, 200,
    ]);
  });

  it("GEN-39 knows nothing of other dialogs", async () => {
    const { network, alice, caller, bob: callee } = await givenCall();
    for (const change of [{ callId: "other" }, { localTag: "other" }, { remoteTag: "other" }]) {
      const foreign = { id: { ...caller.id, ...change }, remoteTarget: "sip:bob" };
      void alice.node.send(requestInDialog(foreign, "BYE", { number: 70_000 }), bob, { timeoutMs: 100 });
    }
    await network.pass(200);
    expect(callee.strays).toHaveLength(3);
    expect(callee.dialogs.size).toBe(1);
  });

  it("RFC 3261 §8.2.2.3 420 for an extension in Require that nobody knows, and ignores it in ACK", async () => {
    const { network, alice, caller } = await givenCall({ bob: { supported: ["replaces"] } });
    const headers = [["Require", "timer, Replaces, 100rel, foo"]] as const;
    const outcome = alice.node.send(requestInDialog(caller, "INFO", { number: 70_000, headers }), bob);
    await network.pass(100);
    expect(statusOf(await outcome)).toBe(420);
    expect(network.all("420 INFO")[0]?.text).toContain("\r\nUnsupported: foo\r\n");
    await alice.node.send(requestInDialog(caller, "ACK", { number: 1, headers }), bob);
    await network.pass(100);
    expect(network.seen.filter(({ what }) => what.endsWith(" ACK"))).toEqual([]);
  });

  it("RFC 3261 §8.2.1 405 with Allow for a method that dialogs do not take; 501 where nobody takes any", async () => {
    const { network, caller } = await givenCall();
    const publish = caller.request("PUBLISH", {});
    const info = caller.request("INFO", {});
    await network.pass(100);
    expect([statusOf(await publish), statusOf(await info)]).toEqual([405, 501]);
    expect(field(network.all("405 PUBLISH")[0]?.text ?? "", "Allow")).toContain("INVITE, ACK, BYE");
  });

  it("500 when the user throws, and it is told", async () => {
    const { network, caller, callee, bob: agent } = await givenCall();
    callee.onRequest(() => {
      throw new Error("bug");
    });
    const info = caller.request("INFO", {});
    await network.pass(100);
    expect([statusOf(await info), agent.caught]).toEqual([500, [new Error("bug")]]);
  });

  it("503 with Retry-After when too many requests of the peer wait", async () => {
    const { network, caller, callee } = await givenCall({ bob: { limits: { maxPending: 2 } } });
    const waiting: InDialogRequest[] = [];
    callee.onRequest((incoming) => void waiting.push(incoming));
    const outcomes = [1, 2, 3].map(() => caller.request("INFO", {}));
    await network.pass(100);
    for (const one of waiting) one.respond(200);
    await network.pass(100);
    expect((await Promise.all(outcomes)).map(statusOf)).toEqual([200, 200, 503]);
    expect(network.all("503 INFO")[0]?.text).toContain("\r\nRetry-After: 5\r\n");
  });

  it("RFC 3261 §12.2.1.2 408, 481 and silence end the dialog with BYE; a timeout of the user's own does not", async () => {
    for (const status of [408, 481]) {
      const { network, caller, callee, callerEnds } = await givenCall();
      callee.onRequest((incoming) => incoming.respond(status));
      void caller.request("OPTIONS", {});
      await network.pass(40_000, 500);
      // 408 to a request other than INVITE is never sent (RFC 4320 §4.2): then it is the silence that ends it.
      expect(callerEnds).toEqual([{ by: "failure", why: "gone" }]);
      expect(network.all("BYE", "alice")[0]?.text).toContain(`Reason: SIP;cause=${status}`);
    }
    const { network, caller, callee, callerEnds } = await givenCall();
    callee.onRequest(() => undefined);
    const outcome = caller.request("OPTIONS", {}, { timeoutMs: 5_000 });
    await network.pass(6_000, 500);
    expect([statusOf(await outcome), callerEnds]).toEqual(["silent", []]);
  });
});

describe("RFC 3261 §12.2.2 target refresh", () => {
  it("GEN-39 a re-INVITE and an UPDATE, and the 2xx to them, replace the remote target; a refused one does not", async () => {
    const { network, caller, callee } = await givenCall();
    let status = 200;
    callee.onRequest((incoming) =>
      incoming.respond(status, { ...sdp(6), headers: [["Contact", `<sip:b${status}@bob>`]] }),
    );
    const ask = async (method: string, contact: string) => {
      const given = sdp(5);
      const headers = [...(given.headers ?? []), ["Contact", contact] as const];
      const outcome = caller.request(method, { ...given, headers });
      await network.pass(200);
      return statusOf(await outcome);
    };
    expect(await ask("INVITE", "<sip:a1@alice>")).toBe(200);
    expect([callee.remoteTarget, caller.remoteTarget]).toEqual(["sip:a1@alice", "sip:b200@bob"]);
    expect(await ask("UPDATE", "<sip:a2@alice>")).toBe(200);
    expect(callee.remoteTarget).toBe("sip:a2@alice");
    status = 488;
    expect(await ask("INVITE", "<sip:a3@alice>")).toBe(488);
    expect([callee.remoteTarget, caller.remoteTarget]).toEqual(["sip:a2@alice", "sip:b200@bob"]);
    const update = caller.request("UPDATE", { headers: [["Contact", "<sip:a4@alice>"]] });
    await network.pass(200);
    expect([statusOf(await update), callee.remoteTarget]).toEqual([200, "sip:a4@alice"]);
  });
});

describe("RFC 3261 §14 Modifying an Existing Session", () => {
  it("carries offer and answer by re-INVITE, and the ACK; the 2xx is repeated until that", async () => {
    const { network, caller, callee } = await givenCall();
    callee.onRequest((incoming) => {
      incoming.respond(183);
      incoming.respond(200, sdp(6));
    });
    let losses = 1;
    network.fate = (text) => (text.startsWith("ACK") && losses-- > 0 ? [] : [1]);
    const outcome = caller.request("INVITE", sdp(5));
    await network.pass(2_000);
    const result = await outcome;
    expect(result.kind === "response" && textOf(result.response.body)).toContain("o=- 1 6 ");
    expect(network.all("200 INVITE")).toHaveLength(2);
    expect(network.all("ACK")).toHaveLength(2);
    expect(network.all("200 INVITE")[0]?.text).not.toContain("Record-Route");
  });

  it("GEN-44 a re-INVITE without an offer gets it in the 2xx, and the answer goes into the ACK", async () => {
    const { network, caller, callee, alice } = await givenCall();
    const acks: string[] = [];
    callee.onRequest((incoming) => {
      incoming.onAcknowledged((ack) => void acks.push(textOf(ack.body)));
      incoming.respond(200, sdp(6));
    });
    void caller.request("INVITE", {}, { answer: () => Promise.resolve(sdp(7)) });
    await network.pass(200);
    void caller.request("INVITE", {}, { answer: () => Promise.reject(new Error("bug")) });
    await network.pass(200);
    void caller.request("INVITE", {});
    await network.pass(200);
    expect(acks).toEqual([expect.stringContaining("o=- 1 7 "), "", ""]);
    expect(alice.caught).toEqual([new Error("bug")]);
  });

  it("ends the session when the ACK to a re-INVITE does not come", async () => {
    const { network, caller, callee, calleeEnds } = await givenCall();
    callee.onRequest((incoming) => incoming.respond(200, sdp(6)));
    network.fate = (text) => (text.startsWith("ACK") ? [] : [1]);
    void caller.request("INVITE", sdp(5));
    await network.pass(33_000, 500);
    expect(calleeEnds).toEqual([{ by: "failure", why: "no ACK" }]);
    expect(network.all("BYE", "bob")).toHaveLength(1);
  });

  it("GEN-15 RFC 3261 §14.2 491 while an INVITE of ours is in progress; §14.1 the owner of the Call-ID waits 2.1 to 4 s, the other 0 to 2 s", async () => {
    const { network, caller, callee } = await givenCall();
    caller.onRequest((incoming) => incoming.respond(200, sdp(8)));
    callee.onRequest((incoming) => incoming.respond(200, sdp(6)));
    network.fate = () => [30];
    const outcomes = [caller.request("INVITE", sdp(5)), callee.request("INVITE", sdp(7))];
    await network.pass(10_000);
    expect((await Promise.all(outcomes)).map(statusOf)).toEqual([200, 200]);
    expect(
      network
        .all("491 INVITE")
        .map(({ from }) => from)
        .sort(),
    ).toEqual(["alice", "bob"]);
    const begin = network.all("491 INVITE")[0]?.atMs ?? 0;
    const [, ...alices] = network.all("INVITE", "alice").map(({ atMs }) => atMs - begin - 30);
    const [, ...bobs] = network.all("INVITE", "bob").map(({ atMs }) => atMs - begin - 30);
    expect([alices.length, bobs.length]).toEqual([1, 1]);
    expect(alices[0]).toBeGreaterThanOrEqual(2_100);
    expect(alices[0]).toBeLessThanOrEqual(4_000);
    expect(bobs[0]).toBeLessThanOrEqual(2_000);
  });

  it("GEN-15 gives a 491 to its user when trying again three times was in vain", async () => {
    const { network, caller, callee } = await givenCall();
    callee.onRequest((incoming) => incoming.respond(491));
    const outcome = caller.request("INVITE", sdp(5));
    await network.pass(20_000, 100);
    expect([statusOf(await outcome), network.all("INVITE").length]).toEqual([491, 4]);
  });

  it("GEN-15 RFC 3261 §14.1 says when to try again to who wants to think it over, and does not do it itself", async () => {
    const { network, caller, callee } = await givenCall();
    callee.onRequest((incoming) => incoming.respond(491));
    const collisions: number[] = [];
    const outcome = caller.request("INVITE", sdp(5), { onCollision: (ms) => collisions.push(ms) });
    await network.pass(20_000, 100);
    expect([statusOf(await outcome), network.all("INVITE").length]).toEqual([491, 1]);
    expect(collisions).toEqual([expect.any(Number)]);
    expect(collisions[0]).toBeGreaterThanOrEqual(2_100);
  });

  it("GEN-15 RFC 3261 §14.2 500 with Retry-After of 0 to 10 s for a second INVITE before the first is answered", async () => {
    const { network, alice, caller, callee } = await givenCall();
    callee.onRequest(() => undefined);
    const hearer = { onResponse: () => undefined, onFailed: () => undefined };
    for (const number of [70_000, 70_001]) {
      alice.node.invite(requestInDialog(caller, "INVITE", { number }), bob, hearer);
    }
    await network.pass(100);
    const retryAfter = Number(field(network.all("500 INVITE")[0]?.text ?? "", "Retry-After"));
    expect(retryAfter).toBeGreaterThanOrEqual(0);
    expect(retryAfter).toBeLessThanOrEqual(10);
  });

  it("RFC 3261 §14.1 MUST NOT send an INVITE while another is in progress in either direction: it waits", async () => {
    const { network, caller, callee } = await givenCall();
    const waiting: InDialogRequest[] = [];
    callee.onRequest((incoming) => void waiting.push(incoming));
    const first = caller.request("INVITE", sdp(5));
    const second = caller.request("INVITE", sdp(6));
    await network.pass(500);
    expect(network.all("INVITE")).toHaveLength(1);
    const theirs = callee.request("INVITE", sdp(7));
    caller.onRequest((incoming) => incoming.respond(200, sdp(8)));
    await network.pass(500);
    expect(network.all("INVITE")).toHaveLength(1);
    waiting.shift()?.respond(200, sdp(9));
    await network.pass(100);
    waiting.shift()?.respond(200, sdp(9));
    await network.pass(10_000);
    for (const one of waiting) one.respond(200, sdp(9));
    await network.pass(10_000);
    expect((await Promise.all([first, second, theirs])).map(statusOf)).toEqual([200, 200, 200]);
  });

  it("bounds what waits, and tells those that wait when the dialog is over", async () => {
    const { network, caller, callee } = await givenCall({ alice: { limits: { maxWaiting: 1 } } });
    callee.onRequest(() => undefined);
    const outcomes = [5, 6, 7].map((version) => caller.request("INVITE", sdp(version)));
    await network.pass(100);
    void caller.bye();
    await network.pass(100);
    expect((await Promise.all(outcomes)).map(statusOf)).toEqual([487, "unreachable", "unreachable"]);
  });

  it("cancels a re-INVITE that nobody answers in time; the callee forgets it", async () => {
    const { network, caller, callee } = await givenCall();
    const waiting: InDialogRequest[] = [];
    callee.onRequest((incoming) => {
      waiting.push(incoming);
      incoming.respond(180);
    });
    const outcome = caller.request("INVITE", sdp(5), { timeoutMs: 2_000 });
    await network.pass(3_000);
    expect([statusOf(await outcome), network.all("CANCEL").length]).toEqual([487, 1]);
    waiting[0]?.respond(200, sdp(6));
    const again = callee.request("INVITE", sdp(7));
    caller.onRequest((incoming) => incoming.respond(200, sdp(8)));
    await network.pass(200);
    expect(statusOf(await again)).toBe(200);
  });

  it("RFC 3261 §14.1 a re-INVITE that is answered 481 or by nobody ends the dialog; 488 leaves it as it is", async () => {
    for (const [status, ends] of [
      [481, 1],
      [408, 1],
      [488, 0],
    ] as const) {
      const { network, caller, callee, callerEnds } = await givenCall();
      callee.onRequest((incoming) => incoming.respond(status));
      const outcome = caller.request("INVITE", sdp(5));
      await network.pass(200);
      expect([statusOf(await outcome), callerEnds.length]).toEqual([status, ends]);
    }
    const { network, caller, callerEnds } = await givenCall();
    network.fate = () => [];
    void caller.request("INVITE", sdp(5));
    await network.pass(33_000, 500);
    expect(callerEnds).toEqual([{ by: "failure", why: "gone" }]);
  });

  it("a new INVITE stands for an ACK that was lost", async () => {
    const { network, caller, callee, calleeEnds } = await givenCall();
    callee.onRequest((incoming) => incoming.respond(200, sdp(6)));
    let losses = 1;
    network.fate = (text) => (text.startsWith("ACK") && losses-- > 0 ? [] : [1]);
    const first = caller.request("INVITE", sdp(5));
    await network.pass(100);
    const second = caller.request("INVITE", sdp(7));
    await network.pass(40_000, 500);
    expect([statusOf(await first), statusOf(await second), calleeEnds]).toEqual([200, 200, []]);
  });
});

describe("RFC 3311 §5 UPDATE Handling", () => {
  it("RFC 3311 §5.2 answers an UPDATE without an offer itself, and passes one with an offer", async () => {
    const { network, caller, callee } = await givenCall();
    const got: string[] = [];
    callee.onRequest((incoming) => {
      got.push(incoming.request.method);
      incoming.respond(200, sdp(6));
    });
    const outcomes = [caller.request("UPDATE", {}), caller.request("UPDATE", sdp(5))];
    await network.pass(200);
    expect((await Promise.all(outcomes)).map(statusOf)).toEqual([200, 200]);
    expect(got).toEqual(["UPDATE"]);
    expect(network.all("200 UPDATE")[0]?.text).toMatch(/\r\nContact: <sip:bob>\r\nAllow: INVITE/);
  });

  it("GEN-15 RFC 3311 §5.2 491 when our own offer is open, 500 with Retry-After when theirs is", async () => {
    const { network, alice, caller, callee } = await givenCall();
    callee.onRequest(() => undefined);
    void caller.request("UPDATE", sdp(5));
    await network.pass(50);
    const more = alice.node.send(requestInDialog(caller, "UPDATE", { number: 70_000, ...sdp(6) }), bob);
    const invite = { failed: "" };
    alice.node.invite(requestInDialog(caller, "INVITE", { number: 70_001 }), bob, {
      onResponse: () => undefined,
      onFailed: (outcome) => void (invite.failed = String(statusOf(outcome))),
    });
    await network.pass(50);
    expect([statusOf(await more), invite.failed]).toEqual([500, "500"]);
    expect(field(network.all("500 UPDATE")[0]?.text ?? "", "Retry-After")).toMatch(/^(?:\d|10)$/);
    const theirs = callee.request("UPDATE", sdp(7));
    await network.pass(10);
    expect(network.all("UPDATE", "bob")).toEqual([]);
    void theirs;
  });

  it("GEN-15 RFC 3311 §5.3 two UPDATEs with offers that cross are each answered 491, and tried again", async () => {
    const { network, caller, callee } = await givenCall();
    caller.onRequest((incoming) => incoming.respond(200, sdp(8)));
    callee.onRequest((incoming) => incoming.respond(200, sdp(6)));
    network.fate = () => [30];
    const outcomes = [caller.request("UPDATE", sdp(5)), callee.request("UPDATE", sdp(7))];
    await network.pass(10_000);
    expect((await Promise.all(outcomes)).map(statusOf)).toEqual([200, 200]);
    expect(network.all("491 UPDATE")).toHaveLength(2);
  });

  it("GEN-15 refuses changes in an early dialog: 500 where their INVITE waits, 491 where ours does", async () => {
    const network = new FakeNetwork();
    const alice = new Agent(network, "alice");
    const callee = new Agent(network, "bob");
    callee.onInvite = (invite) => invite.progress(180);
    const outgoing = alice.call("bob");
    await network.pass(50);
    const to = /^To: (.*)\r$/m.exec(network.all("180 INVITE")[0]?.text ?? "")?.[1] ?? "";
    const invite = callee.invites[0]?.request;
    if (!invite) throw new Error("there is no INVITE");
    const id = {
      callId: invite.callId,
      localTag: invite.from.params.get("tag") ?? "",
      remoteTag: to.slice(to.indexOf("tag=") + 4),
    };
    const ours = { id, remoteTarget: "sip:bob" };
    const theirs = {
      id: { ...id, localTag: id.remoteTag, remoteTag: id.localTag },
      remoteTarget: "sip:alice",
    };
    const node = callee.node;
    const outcomes = [
      alice.node.send(requestInDialog(ours, "UPDATE", { number: 70_000, ...sdp(3) }), bob),
      alice.node.send(requestInDialog(ours, "INFO", { number: 70_001 }), bob),
      alice.node.send(requestInDialog(ours, "UPDATE", { number: 70_002 }), bob),
      node.send(requestInDialog(theirs, "UPDATE", { number: 1, ...sdp(3) }), {
        kind: "uri",
        uri: "sip:alice",
      }),
      node.send(requestInDialog(theirs, "PRACK", { number: 2 }), { kind: "uri", uri: "sip:alice" }),
    ];
    await network.pass(100);
    expect((await Promise.all(outcomes)).map(statusOf)).toEqual([500, 500, 200, 491, 481]);
    callee.invites[0]?.accept(sdp(2));
    await network.pass(100);
    const { dialog } = await accepted(outgoing);
    expect(noteEnd(dialog)).toEqual([]);
  });
});
