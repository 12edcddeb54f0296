import { describe, expect, it } from "@jest/globals";
import type { SipRequest, SipResponse } from "@heliograph/sip";
import {
  accepted,
  Agent,
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
const atS = ({ atMs }: { readonly atMs: number }) => Math.round(atMs / 100) / 10;

/** Alice calls, Bob rings reliably. */
async function ringing(options: Parameters<typeof givenTwo>[0] = {}) {
  const two = givenTwo(options);
  const heard: string[] = [];
  const told: (readonly string[])[] = [];
  two.bob.onInvite = (invite) => {
    invite.onCancelled((reasons) => void told.push(reasons));
    invite.progress(183, { ...sdp(2), isReliable: true });
  };
  const outgoing = two.alice.call("bob", { onProgress: ({ status }) => void heard.push(String(status)) });
  await two.network.pass(5, 1);
  const [invite] = two.bob.invites;
  if (!invite) throw new Error("there is no INVITE");
  return { ...two, heard, told, outgoing, invite };
}

describe("RFC 3262 §3 UAS Behavior", () => {
  it("sends what it is asked to reliably, with Require and RSeq, and repeats it from T1 on, doubling, until the PRACK", async () => {
    const { network, alice, bob } = givenTwo();
    let losses = 3;
    network.fate = (text) => (text.startsWith("PRACK") && losses-- > 0 ? [] : [1]);
    bob.onInvite = (invite) => invite.progress(183, { isReliable: true });
    alice.call("bob");
    await network.pass(10_000);
    const sent = network.all("183 INVITE");
    expect(sent.map(atS)).toEqual([0, 0.5, 1.5, 3.5]);
    expect([field(sent[0]?.text, "Require"), field(sent[0]?.text, "Contact")]).toEqual([
      "100rel",
      "<sip:bob>",
    ]);
    const rseq = Number(field(sent[0]?.text, "RSeq"));
    expect(rseq).toBeGreaterThanOrEqual(1);
    expect(rseq).toBeLessThan(2 ** 31);
    expect(new Set(sent.map(({ text }) => text)).size).toBe(1);
    const prack = network.all("PRACK")[0]?.text;
    const number = Number.parseInt(field(network.all("INVITE")[0]?.text, "CSeq") ?? "", 10);
    expect([field(prack, "RAck"), field(prack, "CSeq")]).toEqual([
      `${rseq} ${number} INVITE`,
      `${number + 1} PRACK`,
    ]);
    expect(network.all("200 PRACK").length).toBeGreaterThan(0);
  });

  it("MUST NOT send reliably to a caller that does not know 100rel, and MUST where it is required", async () => {
    const network = new FakeNetwork();
    const bob = new Agent(network, "bob");
    bob.onInvite = (invite) => invite.progress(180, { isReliable: true });
    const carol = network.node("carol");
    const target = { kind: "uri", uri: "sip:bob" } as const;
    const ask = async (callId: string, headers: readonly (readonly [string, string])[]) => {
      const id = { callId, localTag: "theirs", remoteTag: "" };
      const invite = requestInDialog({ id, remoteTarget: "sip:bob" }, "INVITE", { number: 1, headers });
      network.seen.length = 0;
      carol.invite(invite, target, { onResponse: () => undefined, onFailed: () => undefined });
      await network.pass(50);
      return field(network.all("180 INVITE")[0]?.text, "Require");
    };
    expect(await ask("a", [])).toBeUndefined();
    expect(await ask("b", [["Supported", "100rel"]])).toBe("100rel");
    bob.onInvite = (invite) => invite.progress(180);
    expect(await ask("c", [["Supported", "100rel"]])).toBeUndefined();
    expect(await ask("d", [["Require", "100rel"]])).toBe("100rel");
  });

  it("MUST NOT send a second one until the first is acknowledged; its RSeq is greater by exactly one", async () => {
    const { network, invite, heard } = await ringing();
    network.fate = (text) => (text.startsWith("PRACK") ? [300] : [1]);
    invite.progress(180, { isReliable: true });
    invite.progress(182, { isReliable: true });
    invite.progress(181);
    await network.pass(2_000, 10);
    expect(heard).toEqual(["183", "180", "181", "182"]);
    const numbers = ["183 INVITE", "180 INVITE", "182 INVITE"].map((what) =>
      Number(field(network.all(what)[0]?.text, "RSeq")),
    );
    expect(numbers.map((number) => number - (numbers[0] ?? 0))).toEqual([0, 1, 2]);
  });

  it("481 to a PRACK that matches nothing", async () => {
    const { network, alice, invite, bob } = await ringing();
    await network.pass(100);
    const tag = (field(network.all("183 INVITE")[0]?.text, "To") ?? "").replace(/.*tag=/, "");
    const id = {
      callId: invite.request.callId,
      localTag: invite.request.from.params.get("tag") ?? "",
      remoteTag: tag,
    };
    const rseq = field(network.all("183 INVITE")[0]?.text, "RSeq") ?? "";
    const cseq = invite.request.cseq.number;
    let number = 70_000;
    const ask = async (headers: readonly (readonly [string, string])[]) => {
      const prack = requestInDialog({ id, remoteTarget: "sip:bob" }, "PRACK", {
        number: (number += 1),
        headers,
      });
      const outcome = alice.node.send(prack, { kind: "uri", uri: "sip:bob" });
      await network.pass(50);
      return statusOf(await outcome);
    };
    expect(await ask([["RAck", `${rseq} ${cseq} INVITE`]])).toBe(481);
    invite.progress(180, { isReliable: true });
    const next = Number(rseq) + 1;
    for (const rack of [
      `${next + 1} ${cseq} INVITE`,
      `${next} ${cseq + 1} INVITE`,
      `${next} ${cseq} BYE`,
      "x",
    ]) {
      expect(await ask([["RAck", rack]])).toBe(481);
    }
    expect(await ask([])).toBe(481);
    expect(bob.dialogs.size).toBe(1);
  });

  it("SHOULD reject the INVITE with a 5xx when no PRACK comes in 64*T1", async () => {
    const { network, alice, bob } = givenTwo();
    const told: (readonly string[])[] = [];
    network.fate = (text) => (text.startsWith("PRACK") ? [] : [1]);
    bob.onInvite = (invite) => {
      invite.onCancelled((reasons) => void told.push(reasons));
      invite.progress(183, { isReliable: true });
    };
    const outgoing = alice.call("bob");
    await network.pass(31_900, 100);
    expect(network.all("183 INVITE").map(atS)).toEqual([0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5]);
    await network.pass(300);
    const outcome = await outgoing.outcome;
    expect(outcome.kind === "refused" && outcome.response.status).toBe(504);
    expect([told, bob.dialogs.size]).toEqual([[[]], 0]);
  });

  it("RFC 3262 §5 delays the 2xx until the PRACK; the dialog is its user's already", async () => {
    const { network, alice, bob } = givenTwo();
    let mayPass = false;
    network.fate = (text) => (text.startsWith("PRACK") && !mayPass ? [] : [1]);
    bob.onInvite = (invite) => invite.progress(183, { ...sdp(2), isReliable: true });
    const outgoing = alice.call("bob");
    await network.pass(100);
    const [invite] = bob.invites;
    const dialog = invite?.accept(sdp(3));
    invite?.progress(180);
    invite?.progress(180, { isReliable: true });
    invite?.refuse(486);
    await network.pass(1_000);
    expect([network.all("200 INVITE"), invite?.isOver, dialog && noteEnd(dialog)]).toEqual([[], true, []]);
    mayPass = true;
    await network.pass(3_000);
    const { response } = await accepted(outgoing);
    expect([textOf(response.body), network.all("180 INVITE")]).toEqual([
      expect.stringContaining("o=- 1 3 "),
      [],
    ]);
  });

  it("a delayed 2xx is never sent when CANCEL, Expires or BYE comes first; its dialog is over", async () => {
    for (const end of ["CANCEL", "no PRACK", "Expires"] as const) {
      const { network, alice, bob } = givenTwo();
      network.fate = (text) => (text.startsWith("PRACK") ? [] : [1]);
      bob.onInvite = (invite) => invite.progress(183, { isReliable: true });
      const headers = end === "Expires" ? [["Expires", "10"] as const] : [];
      const outgoing = alice.call("bob", { with: { headers } });
      await network.pass(100);
      const dialog = bob.invites[0]?.accept(sdp(3));
      const ends = dialog ? noteEnd(dialog) : [];
      if (end === "CANCEL") outgoing.cancel("SIP;cause=487");
      await network.pass(33_000, 500);
      const reasons = end === "CANCEL" ? ["SIP;cause=487"] : [];
      expect([ends, network.all("200 INVITE")]).toEqual([[{ by: "remote", reasons }], []]);
      expect(bob.dialogs.size).toBe(0);
    }
  });

  it("RFC 3262 §5 the PRACK has the answer to an offer that went out reliably; an offer in a PRACK is refused", async () => {
    const { network, alice, bob } = givenTwo();
    const answers: SipRequest[] = [];
    const prackOf = (response: SipResponse) => (response.status === 183 ? sdp(3) : sdp(4));
    bob.onInvite = (invite) => {
      invite.onAcknowledged((request) => void answers.push(request));
      invite.progress(183, { ...sdp(2), isReliable: true });
    };
    const outgoing = alice.call("bob", { with: {}, prack: prackOf });
    await network.pass(100);
    bob.invites[0]?.progress(180, { isReliable: true });
    await network.pass(100);
    bob.invites[0]?.accept({});
    await network.pass(100);
    await accepted(outgoing);
    expect(answers.map(({ method, body }) => [method, textOf(body)])).toEqual([
      ["PRACK", expect.stringContaining("o=- 1 3 ")],
      ["ACK", ""],
    ]);
    expect(network.seen.filter(({ what }) => what.endsWith(" PRACK")).map(({ what }) => what)).toEqual([
      "200 PRACK",
      "488 PRACK",
    ]);
  });

  it("repeats nothing after a refusal or a CANCEL", async () => {
    for (const end of ["refuse", "cancel"] as const) {
      const { network, alice, bob } = givenTwo();
      network.fate = (text) => (text.startsWith("PRACK") ? [] : [1]);
      bob.onInvite = (invite) => invite.progress(183, { isReliable: true });
      const outgoing = alice.call("bob");
      await network.pass(100);
      if (end === "refuse") bob.invites[0]?.refuse(486);
      else outgoing.cancel();
      await network.pass(5_000);
      expect([network.all("183 INVITE").length, bob.dialogs.size]).toEqual([1, 0]);
    }
  });
});

describe("RFC 3262 §4 UAC Behavior", () => {
  /** A peer that is none of ours, and answers with these. */
  function givenPeer(
    answers: (answer: (status: number, rseq?: number | string, tag?: string) => void) => void,
  ) {
    const network = new FakeNetwork();
    const alice = new Agent(network, "alice");
    const heard: string[] = [];
    network.node("bob").onRequest = (incoming) => {
      if (incoming.request.method === "PRACK") plainAnswer(incoming, 200);
      if (incoming.request.method !== "INVITE") return;
      answers((status, rseq, tag = "one") =>
        plainAnswer(incoming, status, {
          tag,
          headers:
            rseq === undefined
              ? []
              : [
                  ["Require", "100rel"],
                  ["RSeq", String(rseq)],
                ],
        }),
      );
    };
    const outgoing = alice.call("bob", {
      onProgress: (response) => void heard.push(`${response.status} ${response.to.params.get("tag")}`),
    });
    return { network, alice, heard, outgoing };
  }

  it("acknowledges each reliable response once, drops repetitions and what is out of order", async () => {
    const { network, heard } = givenPeer((answer) => {
      answer(183, 10);
      answer(183, 10);
      answer(180, 12);
      answer(182, 11);
      answer(180, 12);
      answer(183, 11);
    });
    await network.pass(100);
    expect(heard).toEqual(["183 one", "182 one", "180 one"]);
    expect(network.all("PRACK").map(({ text }) => field(text, "RAck")?.split(" ")[0])).toEqual([
      "10",
      "11",
      "12",
    ]);
  });

  it("counts in each branch of a fork by itself", async () => {
    const { network, heard } = givenPeer((answer) => {
      answer(180, 10, "one");
      answer(180, 70, "two");
      answer(183, 11, "one");
      answer(180);
    });
    await network.pass(100);
    expect(heard).toEqual(["180 one", "180 two", "183 one", "180 one"]);
    expect(network.all("PRACK")).toHaveLength(3);
  });

  it("drops a reliable response that cannot be acknowledged", async () => {
    const { network, heard } = givenPeer((answer) => {
      answer(180, "soon");
      answer(183, "");
    });
    await network.pass(100);
    expect([heard, network.all("PRACK")]).toEqual([[], []]);
  });

  it("lists 100rel in Supported of every INVITE, and acknowledges the progress of a re-INVITE too", async () => {
    const { network, alice, bob, answered } = givenTwo();
    const outgoing = alice.call("bob");
    await network.pass(100);
    const { dialog } = await accepted(outgoing);
    expect(answered).toHaveLength(1);
    bob.node.onRequest = (incoming) => {
      if (incoming.request.method === "PRACK") plainAnswer(incoming, 200);
      if (incoming.request.method !== "INVITE") return;
      plainAnswer(incoming, 183, {
        headers: [
          ["Require", "100rel"],
          ["RSeq", "5"],
        ],
      });
      plainAnswer(incoming, 200);
    };
    void dialog.request("INVITE", sdp(5));
    await network.pass(100);
    expect(network.all("INVITE").map(({ text }) => field(text, "Supported"))).toEqual([
      "timer, 100rel",
      "timer, 100rel",
    ]);
    expect(network.all("PRACK")).toHaveLength(1);
  });
});
