import { describe, expect, it } from "@jest/globals";
import type { DialogParts, SessionTimerSettings } from "@heliograph/sip";
import {
  accepted,
  Agent,
  givenCall,
  givenTwo,
  noteEnd,
  requestInDialog,
  sdp,
  statusOf,
  textOf,
} from "./dialog-support.js";
import { FakeNetwork, plainAnswer } from "./fake-network.js";

const field = (text: string | undefined, name: string) =>
  new RegExp(`^${name}: (.*)\r$`, "im").exec(text ?? "")?.[1];
const minutes = (count: number) => count * 60_000;
const timers = (expiresS: number, more: Partial<SessionTimerSettings> = {}) => ({
  sessionTimer: { expiresS, ...more },
});

/** What Bob's agent answers to an INVITE with these header fields. */
async function answerTo(headers: DialogParts["headers"], settings: Partial<SessionTimerSettings> = {}) {
  const network = new FakeNetwork();
  const bob = new Agent(network, "bob", { sessionTimer: settings });
  bob.onInvite = (invite) => invite.isOver || void invite.accept(sdp(2));
  const id = { callId: "carols", localTag: "theirs", remoteTag: "" };
  const invite = requestInDialog({ id, remoteTarget: "sip:bob" }, "INVITE", {
    number: 1,
    headers: headers ?? [],
  });
  network
    .node("carol")
    .invite(
      invite,
      { kind: "uri", uri: "sip:bob" },
      { onResponse: () => undefined, onFailed: () => undefined },
    );
  await network.pass(50);
  const text = network.seen.find(({ from }) => from === "bob")?.text;
  return {
    status: Number(text?.slice(8, 11)),
    expires: field(text, "Session-Expires"),
    require: field(text, "Require"),
    minSe: field(text, "Min-SE"),
  };
}

describe("RFC 4028 §9 UAS Behavior", () => {
  const knows = ["Supported", "timer"] as const;
  const asks = (value: string) => ["Session-Expires", value] as const;

  it("GEN-12 table 2: the caller's choice of refresher binds, and a caller that does not know timers never refreshes", async () => {
    const cases = [
      { headers: [asks("1800")], expires: "1800;refresher=uas", require: undefined },
      { headers: [knows, asks("1800")], expires: "1800;refresher=uac", require: "timer" },
      { headers: [knows, asks("1800;refresher=uac")], expires: "1800;refresher=uac", require: "timer" },
      { headers: [knows, asks("1800;refresher=UAS;x=y")], expires: "1800;refresher=uas", require: "timer" },
      {
        headers: [["Require", "timer"] as const, asks("600")],
        expires: "600;refresher=uac",
        require: "timer",
      },
    ];
    for (const { headers, expires, require } of cases) {
      expect(await answerTo(headers)).toMatchObject({ status: 200, expires, require });
    }
    expect(await answerTo([knows, asks("1800")], { refresher: "uas" })).toMatchObject({
      expires: "1800;refresher=uas",
      require: "timer",
    });
  });

  it("GEN-12 MUST NOT raise the value of a caller that does not know timers, and takes none below 90 s", async () => {
    expect(await answerTo([asks("100")], { minS: 300 })).toMatchObject({ expires: "100;refresher=uas" });
    expect(await answerTo([asks("89")])).toMatchObject({ status: 200, expires: undefined });
  });

  it("GEN-12 422 with Min-SE, of 90 s at least, for an interval that is too small of a caller that knows timers", async () => {
    expect(await answerTo([knows, asks("299")], { minS: 300 })).toMatchObject({ status: 422, minSe: "300" });
    expect(await answerTo([knows, asks("89")], { minS: 10 })).toMatchObject({ status: 422, minSe: "90" });
    expect(await answerTo([knows, asks("300")], { minS: 300 })).toMatchObject({ status: 200 });
  });

  it("GEN-12 asks for 1800 s itself where the caller asks for none, not below the caller's Min-SE, and for none if it is told so", async () => {
    expect(await answerTo([knows])).toMatchObject({ expires: "1800;refresher=uac", require: "timer" });
    expect(await answerTo([])).toMatchObject({ expires: "1800;refresher=uas", require: undefined });
    expect(await answerTo([knows, ["Min-SE", "3600"]])).toMatchObject({ expires: "3600;refresher=uac" });
    expect(await answerTo([knows], { expiresS: 0 })).toMatchObject({
      expires: undefined,
      require: undefined,
    });
  });

  it("reads nothing into a Session-Expires that is none", async () => {
    expect(await answerTo([knows, asks("soon")], { expiresS: 0 })).toMatchObject({
      status: 200,
      expires: undefined,
    });
  });
});

describe("RFC 4028 §7 UAC Behavior", () => {
  it("GEN-12 RFC 4028 §7.1 MUST list timer in Supported of each request but ACK, and asks for the interval without a refresher", async () => {
    const { network, caller } = await calling(1_800, 0);
    const invite = network.all("INVITE")[0]?.text;
    expect([field(invite, "Supported"), field(invite, "Session-Expires"), field(invite, "Min-SE")]).toEqual([
      "timer, 100rel",
      "1800",
      undefined,
    ]);
    for (const method of ["INFO", "OPTIONS", "UPDATE"]) void caller.request(method, {});
    await network.pass(50);
    void caller.bye();
    await network.pass(50);
    for (const method of ["INFO", "OPTIONS", "UPDATE", "BYE"]) {
      expect(field(network.all(method)[0]?.text, "Supported")).toMatch(/^timer/);
    }
    expect(field(network.all("ACK")[0]?.text, "Supported")).toBeUndefined();
  });

  it("GEN-12 RFC 4028 §7.3 tries again after 422 with the Min-SE of that, same Call-ID, To and From, and the next CSeq", async () => {
    const { network, alice, bob } = givenTwo({ alice: timers(100), bob: { sessionTimer: { minS: 600 } } });
    const outgoing = alice.call("bob");
    await network.pass(100);
    const { dialog } = await accepted(outgoing);
    const [first, second] = network.all("INVITE").map(({ text }) => text);
    expect([field(second, "Session-Expires"), field(second, "Min-SE")]).toEqual(["600", "600"]);
    for (const name of ["Call-ID", "To", "From"]) expect(field(second, name)).toBe(field(first, name));
    expect(Number.parseInt(field(second, "CSeq") ?? "", 10)).toBe(
      Number.parseInt(field(first, "CSeq") ?? "", 10) + 1,
    );
    expect([alice.dialogs.size, bob.dialogs.size]).toEqual([1, 1]);
    const update = dialog.request("UPDATE", {});
    await network.pass(50);
    expect(statusOf(await update)).toBe(200);
    expect(field(network.all("UPDATE")[0]?.text, "Min-SE")).toBe("600");
  });

  it("gives a 422 to its user that asks for nothing new, or too often", async () => {
    for (const [minSe, tries] of [
      [() => undefined, 1],
      [() => "600", 2],
      [(count: number) => String(600 * count), 3],
    ] as const) {
      const network = new FakeNetwork();
      const alice = new Agent(network, "alice");
      let count = 0;
      network.node("bob").onRequest = (incoming) => {
        if (incoming.request.method !== "INVITE") return;
        const value = minSe((count += 1));
        plainAnswer(incoming, 422, { headers: value === undefined ? [] : [["Min-SE", value]] });
      };
      const outgoing = alice.call("bob");
      await network.pass(100);
      const outcome = await outgoing.outcome;
      expect([outcome.kind, count]).toEqual(["refused", tries]);
    }
  });

  it("GEN-12 RFC 4028 §7.2 there is no timer where the 2xx has none", async () => {
    const { network, caller, callerEnds } = await calling(1_800, 0);
    network.seen.length = 0;
    await network.pass(minutes(40), 5_000);
    expect([network.lines, callerEnds]).toEqual([[], []]);
    expect(caller.remoteTarget).toBe("sip:bob");
  });
});

/** A call whose callee is none of ours, and answers everything with 200: without a timer for 0 seconds. */
async function calling(expiresS: number, calleeExpiresS: number) {
  const network = new FakeNetwork();
  const alice = new Agent(network, "alice", timers(expiresS));
  const bob = network.node("bob");
  bob.onRequest = (incoming) => {
    const { method } = incoming.request;
    if (method === "ACK") return;
    const headers: [string, string][] = [
      ["Contact", "<sip:bob>"],
      ["Allow", "INVITE, UPDATE"],
    ];
    if (calleeExpiresS > 0) headers.push(["Session-Expires", `${calleeExpiresS};refresher=uac`]);
    plainAnswer(incoming, 200, { headers });
  };
  const outgoing = alice.call("bob");
  await network.pass(50);
  const { dialog } = await accepted(outgoing);
  return { network, alice, bob, caller: dialog, callerEnds: noteEnd(dialog) };
}

describe("RFC 4028 §10 Performing Refreshes", () => {
  it("GEN-12 refreshes by UPDATE at half the interval, keeps interval and role, and goes on as long as the session", async () => {
    for (const refresher of ["uac", "uas"] as const) {
      const { network, callerEnds, calleeEnds } = await givenCall({
        alice: timers(600),
        bob: timers(600, { refresher }),
      });
      await network.pass(minutes(21), 1_000);
      const updates = network.all("UPDATE");
      const who = refresher === "uac" ? "alice" : "bob";
      expect(updates.map(({ from, atMs }) => [from, 10 * Math.round(atMs / 10_000)])).toEqual([
        [who, 300],
        [who, 600],
        [who, 900],
        [who, 1_200],
      ]);
      expect(field(updates[0]?.text, "Session-Expires")).toBe("600;refresher=uac");
      expect(field(network.all("200 UPDATE")[0]?.text, "Session-Expires")).toBe("600;refresher=uac");
      expect(field(network.all("200 UPDATE")[0]?.text, "Require")).toBe("timer");
      expect([callerEnds, calleeEnds]).toEqual([[], []]);
    }
  });

  it("GEN-12 RFC 4028 §7.4 refreshes by re-INVITE with the unchanged description where the peer does not allow UPDATE", async () => {
    const allow = ["INVITE", "ACK", "BYE", "CANCEL"];
    const { network, callee, callerEnds } = await givenCall({
      alice: timers(600),
      bob: { ...timers(600), allow },
    });
    callee.onRequest((incoming) => incoming.respond(200, sdp(2)));
    await network.pass(minutes(11), 1_000);
    expect(network.all("UPDATE")).toEqual([]);
    const invites = network.all("INVITE", "alice").map(({ text }) => text);
    expect(invites).toHaveLength(2);
    expect([field(invites[0], "Content-Type"), field(invites[0], "Session-Expires")]).toEqual([
      "application/sdp",
      "600;refresher=uac",
    ]);
    expect(invites[0]).toContain("o=- 1 1 IN");
    expect(callerEnds).toEqual([]);
  });

  it("goes over to re-INVITE where a peer does not know UPDATE that said it did", async () => {
    const { network, bob, callerEnds } = await calling(600, 600);
    const answer = bob.onRequest;
    bob.onRequest = (incoming) => {
      if (incoming.request.method === "UPDATE") plainAnswer(incoming, 501);
      else answer(incoming);
    };
    await network.pass(minutes(9), 1_000);
    const tries = network.seen.filter(({ from, what }) => from === "alice" && /INVITE|UPDATE/.test(what));
    expect(tries.map(({ what, atMs }) => [what, Math.round(atMs / 1_000)])).toEqual([
      ["INVITE", 0],
      ["UPDATE", 300],
      ["INVITE", 434],
    ]);
    expect(callerEnds).toEqual([]);
  });

  it("GEN-12 a refresh that is answered 408, 481 or by nobody ends the session with BYE", async () => {
    const { network, callerEnds, calleeEnds } = await givenCall({ alice: timers(600), bob: timers(600) });
    network.fate = () => [];
    await network.pass(minutes(6), 1_000);
    expect(callerEnds).toEqual([{ by: "failure", why: "gone" }]);
    await network.pass(minutes(6), 1_000);
    expect(calleeEnds).toEqual([{ by: "failure", why: "session timer" }]);
    expect(Math.round((network.all("BYE", "bob")[0]?.atMs ?? 0) / 1_000)).toBe(568);
    expect(field(network.all("BYE", "bob")[0]?.text, "Reason")).toBe(
      'SIP;cause=408;text="Session Timer Expired"',
    );
  });

  it("GEN-12 who does not refresh sends BYE min(32 s, a third) before the session expires", async () => {
    for (const [expiresS, endsS] of [
      [600, 568],
      [90, 60],
    ] as const) {
      const { network, calleeEnds } = await givenCall({ alice: timers(expiresS), bob: timers(expiresS) });
      network.fate = (_, from) => (from === "alice" ? [] : [1]);
      await network.pass(1_000 * endsS - 500, 500);
      expect(calleeEnds).toEqual([]);
      await network.pass(1_000, 500);
      expect(calleeEnds).toEqual([{ by: "failure", why: "session timer" }]);
    }
  });

  it("GEN-12 only a 2xx extends the session: refreshes that are refused are tried again until it ends", async () => {
    const allow = ["INVITE", "ACK", "BYE", "CANCEL"];
    const { network, callee, callerEnds } = await givenCall({
      alice: timers(600),
      bob: { ...timers(600), allow },
    });
    callee.onRequest((incoming) => incoming.respond(488));
    await network.pass(minutes(9), 1_000);
    const tries = network.all("INVITE").map(({ atMs }) => Math.round(atMs / 1_000));
    expect(tries).toEqual([300, 434, 501, 535]);
    expect(callerEnds).toEqual([]);
    await network.pass(minutes(1), 1_000);
    expect(callerEnds).toEqual([{ by: "failure", why: "session timer" }]);
    expect(Math.round((network.all("BYE", "alice")[0]?.atMs ?? 0) / 1_000)).toBe(568);
  });

  it("GEN-12 a re-INVITE or UPDATE for another purpose refreshes as well, whoever sends it", async () => {
    const { network, callee, caller, callerEnds, calleeEnds } = await givenCall({
      alice: timers(600),
      bob: timers(600),
    });
    callee.onRequest((incoming) => incoming.respond(200, sdp(6)));
    caller.onRequest((incoming) => incoming.respond(200, sdp(8)));
    await network.pass(minutes(4), 1_000);
    const outcome = caller.request("INVITE", sdp(5));
    await network.pass(minutes(4), 1_000);
    expect(statusOf(await outcome)).toBe(200);
    const other = callee.request("UPDATE", sdp(7));
    await network.pass(minutes(4), 1_000);
    expect(statusOf(await other)).toBe(200);
    expect(field(network.all("UPDATE", "bob")[0]?.text, "Session-Expires")).toBe("600;refresher=uas");
    expect(network.all("UPDATE", "alice")).toEqual([]);
    await network.pass(minutes(4), 1_000);
    expect(network.all("UPDATE", "alice")).toHaveLength(1);
    expect([callerEnds, calleeEnds]).toEqual([[], []]);
  });

  it("GEN-12 RFC 4028 §9 a refresh with an interval that is too small is refused with 422, and tried again with Min-SE", async () => {
    const { network, caller, alice } = await givenCall({ bob: { sessionTimer: { expiresS: 0, minS: 400 } } });
    const headers = [
      ["Supported", "timer"],
      ["Session-Expires", "100"],
    ] as const;
    const target = { kind: "uri", uri: "sip:bob" } as const;
    const outcome = alice.node.send(requestInDialog(caller, "UPDATE", { number: 70_000, headers }), target);
    await network.pass(50);
    expect(statusOf(await outcome)).toBe(422);
    expect(field(network.all("422 UPDATE")[0]?.text, "Min-SE")).toBe("400");
  });

  it("stops with the dialog", async () => {
    const { network, caller } = await givenCall({ alice: timers(600), bob: timers(600) });
    await network.pass(40_000, 1_000);
    void caller.bye();
    await network.pass(40_000, 1_000);
    network.seen.length = 0;
    await network.pass(minutes(11), 1_000);
    expect([network.lines, network.clock.armed]).toEqual([[], 0]);
  });
});

describe("RFC 3264 §8 the description that a refresh repeats", () => {
  it("is the one that was agreed last, without the message that came with it", async () => {
    const multipart = {
      headers: [["Content-Type", "multipart/mixed;boundary=b"]] as const,
      body: new TextEncoder().encode(
        "--b\r\nContent-Type: application/sdp\r\n\r\nv=0 first\r\n--b\r\nContent-Type: message/cpim\r\n\r\nhello\r\n--b--\r\n",
      ),
    };
    const allow = ["INVITE", "ACK", "BYE", "CANCEL"];
    const { network, alice, bob, answered } = givenTwo({
      alice: timers(600),
      bob: { ...timers(600), allow },
    });
    const outgoing = alice.call("bob", { with: multipart });
    await network.pass(50);
    await accepted(outgoing);
    const bodies: string[] = [];
    answered[0]?.onRequest((incoming) => {
      bodies.push(textOf(incoming.request.body));
      incoming.respond(200, sdp(2));
    });
    await network.pass(minutes(6), 1_000);
    expect([bodies, bob.caught]).toEqual([["v=0 first"], []]);
  });
});
