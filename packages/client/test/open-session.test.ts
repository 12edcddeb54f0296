import { describe, expect, it } from "@jest/globals";
import { parseMultipart } from "@heliograph/sip";
import { given, settle, textOf } from "./given-client.js";
import { ScriptedDialog } from "./given-dialogs.js";
import { alice, aliceSays, inSession, inviteFrom, text } from "./given-session.js";

describe("CL-20 inviting somebody to a session", () => {
  it("names the enabler in Contact and Accept-Contact, and has the offer as its body", async () => {
    const { invite, session, endpoints } = await inSession({ subject: "Lunch\r\nX: y" });
    const { request, ringMs } = invite.parts;
    expect(request.requestUri).toBe(alice);
    expect(request.headers.get("Contact")).toBe("<sip:bob@127.0.0.1:5070>;+g.oma.sip-im");
    expect(request.headers.get("Accept-Contact")).toBe("*;+g.oma.sip-im");
    expect(request.headers.get("Subject")).toBe("Lunch X: y");
    expect(request.headers.get("Content-Type")).toBe("application/sdp");
    expect(textOf(request)).toContain("a=accept-types:message/cpim application/im-iscomposing+xml");
    expect(ringMs).toBe(60_000);
    expect(session).toMatchObject({ peer: alice, transport: "tcp", isOver: false, callId: "call-1" });
    expect(endpoints.last.parts).toMatchObject({
      role: "active",
      peerPath: ["msrp://192.0.2.7:2855/a1;tcp"],
      connectTo: { host: "192.0.2.7", port: 2855 },
      direction: "sendrecv",
    });
  });

  it("CL-02 sends it again with credentials where it is challenged, with the next CSeq", async () => {
    const { client, dialogs } = given({ password: "secret" });
    const opening = client.openSession(alice);
    await settle();
    dialogs.invited[0]?.refuse(407, [
      ["Proxy-Authenticate", 'Digest realm="example.org", nonce="n1", qop="auth"'],
    ]);
    await settle();
    const again = dialogs.invited[1]?.parts.request;
    expect(again?.headers.get("Proxy-Authorization")).toContain('nonce="n1"');
    expect([again?.cseq.number, again?.callId]).toEqual([2, dialogs.invited[0]?.parts.request.callId]);
    dialogs.invited[1]?.refuse(486);
    expect(await opening).toEqual({ kind: "refused", status: 486, reason: "Busy Here" });
  });

  it("tells that it rings, and can be given up", async () => {
    const { client, dialogs } = given();
    const giveUp = new AbortController();
    let rang = 0;
    const opening = client.openSession(alice, {
      signal: giveUp.signal,
      onRinging: () => {
        rang += 1;
      },
    });
    await settle();
    dialogs.invited[0]?.ring(180);
    dialogs.invited[0]?.ring(183);
    giveUp.abort();
    expect(await opening).toEqual({ kind: "cancelled" });
    expect(rang).toBe(1);
    expect(dialogs.invited[0]?.cancelled).toContain("SIP;cause=487");
    expect(await client.openSession(alice, { signal: giveUp.signal })).toEqual({ kind: "cancelled" });
    expect(dialogs.invited).toHaveLength(1);
  });

  it("says why there is none", async () => {
    const { client, dialogs } = given();
    for (const outcome of [{ kind: "silent" }, { kind: "unreachable", reason: "refused" }] as const) {
      const opening = client.openSession(alice);
      await settle();
      dialogs.invited.at(-1)?.settle(outcome);
      expect(await opening).toEqual(outcome);
    }
  });

  it("ends with BYE what was accepted with an answer that cannot be used", async () => {
    for (const answer of [aliceSays({ port: 0 }), "", "v=0\r\n"]) {
      const { client, dialogs } = given();
      const opening = client.openSession(alice);
      await settle();
      const dialog = new ScriptedDialog(inviteFlow);
      dialogs.invited[0]?.accept(dialog, answer);
      expect(await opening).toMatchObject({ kind: "refused", status: 488 });
      expect(dialog.byes).toEqual(['SIP;cause=488;text="Not Acceptable Here"']);
    }
  });
});

const inviteFlow = {
  id: "tcp,2",
  transport: "tcp",
  localAddress: "127.0.0.1",
  localPort: 1,
  remoteAddress: "127.0.0.1",
  remotePort: 2,
} as const;

describe("CL-21 a first message in the INVITE", () => {
  it("goes beside the offer, in message/cpim, with what its sender wants", async () => {
    const { invite, opened } = await inSession({ firstMessage: "Are you there?", wants: ["display"] });
    const { request } = invite.parts;
    const parts = parseMultipart(request.body, request.headers.get("Content-Type") ?? "");
    if (!parts.ok) throw new Error(parts.error.rule);
    expect(parts.value.map(({ contentType }) => contentType)).toEqual(["application/sdp", "message/cpim"]);
    const first = text(parts.value[1]?.body);
    expect(first).toContain("imdn.Disposition-Notification: display\r\n");
    expect(first.endsWith("\r\n\r\nAre you there?")).toBe(true);
    expect(opened.kind === "established" && first).toContain(
      `imdn.Message-ID: ${opened.kind === "established" ? opened.firstMessageId : ""}`,
    );
  });

  it("goes in the session to whoever cannot read multipart", async () => {
    const { client, dialogs, endpoints } = given();
    const opening = client.openSession(alice, { firstMessage: "Hello" });
    await settle();
    dialogs.invited[0]?.refuse(415);
    await settle();
    expect(dialogs.invited[1]?.parts.request.headers.get("Content-Type")).toBe("application/sdp");
    dialogs.invited[1]?.accept(new ScriptedDialog(inviteFlow), aliceSays());
    const opened = await opening;
    const [sent] = endpoints.last.sent;
    expect(sent?.text).toMatch(/\r\n\r\nHello$/);
    expect(opened).toMatchObject({ kind: "established", firstMessageId: sent?.message.messageId });
  });
});

describe("CL-35 CL-36 what an invitation is", () => {
  const asked = async (request: Parameters<typeof inviteFrom>[0], takes = true) => {
    const { client, stack, dialogs } = given();
    const invitations: string[] = [];
    if (takes) client.onSession(({ from }) => void invitations.push(from));
    stack.receive(inviteFrom(request));
    await settle();
    const [incoming] = dialogs.incoming;
    if (!incoming) throw new Error("no INVITE came");
    return { incoming, invitations, answer: () => incoming.answer };
  };

  it("rings until the user decides, who is told who calls", async () => {
    const { incoming, invitations } = await asked({});
    expect(invitations).toEqual([alice]);
    expect(incoming.progressed).toEqual([180]);
  });

  it.each([
    ["no session description: 606", { body: "" }, 606],
    ["a description that is none: 400", { body: "v=0\r\nm=\r\n" }, 400],
    ["a part that is none", { body: "x", contentType: "multipart/mixed" }, 606],
  ])("is refused with %s", async (_, request, status) => {
    const { answer, invitations } = await asked(request);
    expect((await answer()).status).toBe(status);
    expect(invitations).toEqual([]);
  });

  it("is refused with 480 by a client that takes no sessions", async () => {
    expect((await (await asked({}, false)).answer()).status).toBe(480);
  });

  it("is refused with 486 by one that has as many as it may", async () => {
    const { client, stack, dialogs } = given({ limits: { maxSessions: 1 } });
    client.onSession((invitation) => void invitation.accept());
    stack.receive(inviteFrom({}));
    await settle();
    stack.receive(inviteFrom({}));
    await settle();
    const statuses = await Promise.all(dialogs.incoming.map(async ({ answer }) => (await answer).status));
    expect(statuses).toEqual([200, 486]);
  });

  it.each([603, 486, 480] as const)("is declined with %d", async (status) => {
    const { client, stack, dialogs } = given();
    client.onSession((invitation) => {
      invitation.decline(status);
      invitation.decline(603);
    });
    stack.receive(inviteFrom({}));
    await settle();
    const answer = await dialogs.incoming[0]?.answer;
    expect(answer?.status).toBe(status);
    expect(dialogs.incoming[0]?.progressed).toEqual([]);
  });
});

describe("accepting an invitation", () => {
  it("answers with our end, and opens it", async () => {
    const { client, stack, dialogs, endpoints } = given();
    const sessions: unknown[] = [];
    client.onSession((invitation) => {
      expect(invitation).toMatchObject({ from: alice, displayName: "Alice", subject: "Lunch", isOpen: true });
      void invitation.accept().then((session) => sessions.push(session));
    });
    stack.receive(inviteFrom({ headers: [["Subject", "Lunch"]] }));
    await settle();
    const answer = await dialogs.incoming[0]?.answer;
    expect(answer?.status).toBe(200);
    expect(answer?.parts.headers).toContainEqual(["Contact", "<sip:bob@127.0.0.1:5070>;+g.oma.sip-im"]);
    expect(text(answer?.parts.body)).toContain("a=setup:passive");
    expect(endpoints.last.parts).toMatchObject({ role: "passive", uri: "msrp://127.0.0.1:2855/s1;tcp" });
    expect(sessions).toMatchObject([{ peer: alice, subject: "Lunch" }]);
  });

  it("gives the message that came with it as the first of the session", async () => {
    const cpim = ["From: <sip:alice@example.org>", "", "Content-Type: text/plain", "", "Hello"].join("\r\n");
    const body = [
      "--b",
      "Content-Type: application/sdp",
      "",
      aliceSays({ setup: "active" }),
      "--b",
      "Content-Type: message/cpim",
      "",
      cpim,
      "--b--",
      "",
    ].join("\r\n");
    const { client, stack } = given();
    const heard: unknown[] = [];
    client.onSession(async (invitation) => {
      heard.push(invitation.firstMessage?.text);
      const session = await invitation.accept();
      session?.onMessage(({ message }) => void heard.push([message.text, message.from]));
    });
    stack.receive(inviteFrom({ body, contentType: "multipart/mixed;boundary=b" }));
    await settle();
    await settle();
    expect(heard).toEqual(["Hello", ["Hello", alice]]);
  });

  it("GEN-40 comes too late once the caller has given up", async () => {
    const { client, stack, dialogs } = given();
    let accepted: Promise<unknown> | undefined;
    let heard = 0;
    client.onSession((invitation) => {
      invitation.onCancelled(() => {
        heard += 1;
        accepted = invitation.accept();
      });
    });
    stack.receive(inviteFrom({}));
    await settle();
    dialogs.incoming[0]?.cancel();
    expect(heard).toBe(1);
    expect(await accepted).toBeUndefined();
  });

  it("is a refusal with 488 where nothing of it can be taken", async () => {
    const { client, stack, dialogs } = given();
    const accepted: unknown[] = [];
    client.onSession((invitation) => void invitation.accept().then((session) => accepted.push(session)));
    stack.receive(inviteFrom({ body: aliceSays({ types: "image/png", wrapped: "" }) }));
    await settle();
    const answer = await dialogs.incoming[0]?.answer;
    expect(answer?.status).toBe(488);
    expect(answer?.parts.headers?.[0]?.[1]).toMatch(/^305 /);
    expect(accepted).toEqual([undefined]);
  });
});
