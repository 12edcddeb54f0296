import { describe, expect, it } from "@jest/globals";
import { MessageRefused } from "@heliograph/msrp-stack";
import type { SipRequest } from "@heliograph/sip";
import { answers, cpim, given, settle, textOf } from "./given-client.js";
import { ScriptedDialog } from "./given-dialogs.js";
import { alice, aliceSays, inviteFrom, text } from "./given-session.js";

const flow = {
  id: "tcp,3",
  transport: "tcp",
  localAddress: "127.0.0.1",
  localPort: 1,
  remoteAddress: "127.0.0.1",
  remotePort: 2,
} as const;
const long = "long ".repeat(400);
const takes = aliceSays({ direction: "recvonly", more: ["a=max-size:100000"] });

/** Bob sends something long; alice's answers to his INVITEs, in turn. */
async function sending(
  send: (all: ReturnType<typeof given>) => Promise<unknown>,
  ...says: (string | number)[]
) {
  const all = given();
  const dialogs: ScriptedDialog[] = [];
  const sent = send(all);
  for (const [index, said] of says.entries()) {
    await settle();
    const invite = all.dialogs.invited[index];
    if (typeof said === "number") invite?.refuse(said);
    else {
      const dialog = new ScriptedDialog(flow);
      dialogs.push(dialog);
      invite?.accept(dialog, said);
    }
  }
  return { ...all, sent, dialogsBegun: dialogs };
}

describe("CL-11 a text above the limit of a MESSAGE", () => {
  it("goes in a session of its own: its size announced, one message that is reported, BYE", async () => {
    const { sent, dialogs, endpoints, stack, dialogsBegun } = await sending(
      ({ client }) => client.sendText(alice, long, { wants: ["positive-delivery"] }),
      takes,
    );
    expect(await sent).toMatchObject({ kind: "accepted", status: 200, callId: "call-1" });
    expect(stack.sent).toEqual([]);
    const request = dialogs.invited[0]?.parts.request;
    const [message] = endpoints.last.sent;
    expect(request?.headers.get("Accept-Contact")).toBe("*;+g.oma.sip-im.large-message;require;explicit");
    expect(request?.headers.get("Contact")).toBe(
      "<sip:bob@127.0.0.1:5070>;+g.oma.sip-im;+g.oma.sip-im.large-message",
    );
    expect(textOf(request)).toContain("a=sendonly");
    const size = message?.message.body instanceof Uint8Array ? message.message.body.length : 0;
    expect(textOf(request)).toContain(`a=file-selector:type:message/cpim size:${size}`);
    expect(message?.message).toMatchObject({ contentType: "message/cpim", wantsSuccessReport: true });
    expect(message?.text).toContain("imdn.Disposition-Notification: positive-delivery");
    expect(message?.text.endsWith(long)).toBe(true);
    expect(dialogsBegun[0]?.byes).toEqual(['SIP;cause=200;text="Call completed"']);
  });

  it("CL-10 counts the whole request, and what the caller says goes before", async () => {
    const { client, stack, dialogs } = given();
    await client.sendText(alice, "x".repeat(300));
    expect(stack.sent).toHaveLength(1);
    void client.sendText(alice, "x".repeat(1_200));
    void client.sendText(alice, "short", { mode: "large" });
    await settle();
    expect(dialogs.invited).toHaveLength(2);
    await client.sendText(alice, long, { mode: "pager" });
    expect(stack.sent).toHaveLength(2);
  });

  it("CL-12 goes so too where the service finds it too large", async () => {
    for (const refusal of [
      answers(413),
      answers(513),
      answers(403, [["Warning", '399 h "133 Size exceeded"']]),
    ]) {
      const { client, stack, dialogs } = given();
      stack.script = [refusal];
      void client.sendText(alice, "hello");
      await settle();
      expect(dialogs.invited).toHaveLength(1);
    }
    const { client, stack, dialogs } = given();
    stack.script = [answers(413)];
    expect(await client.sendText(alice, "hello", { mode: "pager" })).toMatchObject({
      kind: "refused",
      status: 413,
    });
    stack.script = [answers(403)];
    expect(await client.sendText(alice, "hello")).toMatchObject({ kind: "refused", status: 403 });
    expect(dialogs.invited).toHaveLength(0);
  });

  it("says why it was not sent", async () => {
    const refused = await sending(({ client }) => client.sendText(alice, long), 480);
    expect(await refused.sent).toMatchObject({ kind: "refused", status: 480 });
    const rejected = await sending(({ client, endpoints }) => {
      endpoints.outcome = { kind: "refused", status: 413, comment: "no room" };
      return client.sendText(alice, long);
    }, takes);
    expect(await rejected.sent).toMatchObject({ kind: "refused", status: 413, reason: "no room" });
    expect(rejected.dialogsBegun[0]?.byes).toHaveLength(1);
    const tooLarge = await sending(({ client, endpoints }) => {
      endpoints.outcome = { kind: "not-allowed", why: "size" };
      return client.sendText(alice, long);
    }, takes);
    expect(await tooLarge.sent).toMatchObject({ kind: "refused", status: 413 });
    const silent = given();
    const unanswered = silent.client.sendText(alice, long);
    await settle();
    silent.dialogs.invited[0]?.settle({ kind: "silent" });
    expect(await unanswered).toMatchObject({ kind: "unreachable", reason: "no answer" });
  });

  it("MS-47 is sent again in another session, with the same Message-ID, when the connection is lost", async () => {
    const all = given();
    all.endpoints.outcome = undefined;
    const sent = all.client.sendText(alice, long);
    const ids: unknown[] = [];
    for (let attempt = 0; attempt < 3; attempt += 1) {
      await settle();
      all.dialogs.invited[attempt]?.accept(new ScriptedDialog(flow), takes);
      await settle();
      ids.push(all.endpoints.last.sent[0]?.message.messageId);
      all.endpoints.last.sent[0]?.settle({ kind: "lost", reason: "connection lost", confirmedOctets: 5 });
      all.endpoints.last.fail();
    }
    expect(await sent).toMatchObject({ kind: "unreachable" });
    expect(new Set(ids).size).toBe(1);
    expect(all.dialogs.invited).toHaveLength(3);
  });
});

const largeFeature = ["Accept-Contact", "*;+g.oma.sip-im.large-message;require;explicit"] as const;
const onlySends = { setup: "actpass", direction: "sendonly" };

/** An INVITE that is taken without asking. */
async function taken(request: SipRequest) {
  const all = given();
  const asked: string[] = [];
  const heard: [string | undefined, string][] = [];
  all.client.onSession(({ from }) => void asked.push(from));
  all.client.onMessage(({ message }) => void heard.push([message.text, message.from]));
  all.stack.receive(request);
  await settle();
  return { ...all, asked, heard, answer: async () => all.dialogs.incoming[0]?.answer };
}

describe("CL-35 what is taken without asking", () => {
  it.each([
    [
      "CL-11 a large message, by its feature",
      inviteFrom({ body: aliceSays(onlySends), headers: [largeFeature] }),
    ],
    [
      "a large message, by its Contact",
      inviteFrom({
        body: aliceSays(onlySends),
        headers: [["Contact", "<sip:alice@h>;+g.oma.sip-im.large-message"]],
      }),
    ],
    [
      "DF-34 what the store gives, by Referred-By",
      inviteFrom({ body: aliceSays(onlySends), headers: [["Referred-By", "<sip:carol@example.org>"]] }),
    ],
  ])("is %s", async (_, request) => {
    const { asked, heard, answer, endpoints } = await taken(request);
    expect(asked).toEqual([]);
    const said = await answer();
    expect(said?.status).toBe(200);
    expect(text(said?.parts.body)).toContain("a=recvonly");
    expect(text(said?.parts.body)).toContain("a=setup:passive");
    await endpoints.last.receive("message/cpim", cpim());
    expect(heard).toEqual([["Hello", alice]]);
  });

  it("is no session in both directions, whatever else it says", async () => {
    const { asked } = await taken(inviteFrom({ headers: [["Referred-By", "<sip:carol@example.org>"]] }));
    expect(asked).toEqual([alice]);
  });

  it("is refused where the offer cannot be met", async () => {
    const body = aliceSays({ ...onlySends, types: "x/y", wrapped: "" });
    const { answer } = await taken(inviteFrom({ body, headers: [largeFeature] }));
    expect((await answer())?.status).toBe(488);
  });

  it("CL-32 is acknowledged when it was taken, and its receipt goes by MESSAGE", async () => {
    const { client, stack, endpoints } = await taken(
      inviteFrom({ body: aliceSays(onlySends), headers: [largeFeature] }),
    );
    await endpoints.last.receive("message/cpim", cpim("positive-delivery"));
    await settle();
    expect(stack.sent.map(textOf).join()).toContain("<delivered/>");
    client.onMessage(() => Promise.reject(new Error("disk full")));
    await expect(endpoints.last.receive("text/plain", "x", "m-2")).rejects.toThrow(MessageRefused);
    await expect(endpoints.last.receive("message/cpim", "x", "m-3")).rejects.toMatchObject({ status: 400 });
  });

  it("MS-47 DF-48 is shown once, in whatever session it comes again", async () => {
    const request = inviteFrom({ body: aliceSays(onlySends), headers: [largeFeature] });
    const { stack, endpoints, heard } = await taken(request);
    await endpoints.last.receive("message/cpim", cpim());
    stack.receive(request);
    await settle();
    await endpoints.last.receive("message/cpim", cpim(), "m-again");
    expect(endpoints.opened).toHaveLength(2);
    expect(heard).toHaveLength(1);
  });

  it("are receipts among it, which are heard as such", async () => {
    const { client, endpoints } = await taken(
      inviteFrom({ body: aliceSays(onlySends), headers: [largeFeature] }),
    );
    const heard: string[] = [];
    client.onReceipt(({ status }) => heard.push(status));
    const receipt = [
      "From: <sip:alice@example.org>",
      "To: <sip:bob@example.org>",
      "",
      "Content-Type: message/imdn+xml",
      "",
      '<imdn xmlns="urn:ietf:params:xml:ns:imdn"><message-id>m1</message-id><datetime>2026-01-02T03:04:05Z</datetime><delivery-notification><status><delivered/></status></delivery-notification></imdn>',
    ].join("\r\n");
    await endpoints.last.receive("message/cpim", receipt);
    expect(heard).toEqual(["delivered"]);
  });
});

describe("DF-30 fetching what the service keeps", () => {
  it("connects, takes what comes, each from who had sent it, until the service ends it", async () => {
    const { client, dialogs, endpoints } = given();
    const heard: unknown[] = [];
    client.onMessage(({ message }) => void heard.push([message.text, message.from]));
    const retrieving = client.retrieve();
    await settle();
    const [invite] = dialogs.invited;
    expect(invite?.parts.request.requestUri).toBe("sip:deferred@example.org");
    expect(invite?.parts.request.headers.get("Content-Type")).toBe("application/sdp");
    expect(textOf(invite?.parts.request)).toContain("a=recvonly");
    expect(textOf(invite?.parts.request)).toContain("a=setup:active");
    const dialog = new ScriptedDialog(flow);
    invite?.accept(dialog, aliceSays({ direction: "sendonly" }));
    await settle();
    expect(endpoints.last.parts).toMatchObject({ role: "active", direction: "recvonly" });
    await endpoints.last.receive("message/cpim", cpim());
    dialog.end({ by: "remote", reasons: ['SIP;cause=200;text="Call completed"'] });
    expect(await retrieving).toEqual({ kind: "retrieved", messages: 1 });
    expect(heard).toEqual([["Hello", "sip:alice@example.org"]]);
  });

  it("DF-31 names what it wants in a list that does not say dial these out", async () => {
    const { client, dialogs } = given();
    void client.retrieve(["r1", "r&2"]);
    await settle();
    const body = textOf(dialogs.invited[0]?.parts.request);
    expect(body).toContain("Content-Type: application/resource-lists+xml");
    expect(body).not.toContain("recipient-list");
    expect(body).toContain('<entry uri="r1"/><entry uri="r&amp;2"/>');
  });

  it("MS-47 waits a second for the BYE when the connection closes first, and no longer", async () => {
    const { client, dialogs, endpoints, clock } = given();
    const retrieve = async () => {
      const retrieved = client.retrieve();
      await settle();
      const dialog = new ScriptedDialog(flow);
      dialogs.invited.at(-1)?.accept(dialog, aliceSays({ direction: "sendonly" }));
      await settle();
      endpoints.last.fail();
      return { retrieved, dialog };
    };
    const ended = await retrieve();
    ended.dialog.end();
    expect(await ended.retrieved).toEqual({ kind: "retrieved", messages: 0 });
    const broken = await retrieve();
    clock.advance(1_000);
    expect(await broken.retrieved).toMatchObject({ kind: "interrupted" });
    expect(broken.dialog.byes).toEqual(['SIP;cause=503;text="Service Unavailable"']);
  });

  it("says when there is nothing, and when it was interrupted", async () => {
    const { client, dialogs } = given();
    const nothing = client.retrieve();
    await settle();
    dialogs.invited[0]?.refuse(480);
    expect(await nothing).toMatchObject({ kind: "refused", status: 480 });
    for (const end of [
      { by: "failure", why: "gone" },
      { by: "local" },
      { by: "remote", reasons: ['SIP;cause=503;text="Service Unavailable"'] },
    ] as const) {
      const interrupted = client.retrieve();
      await settle();
      const dialog = new ScriptedDialog(flow);
      dialogs.invited.at(-1)?.accept(dialog, aliceSays({ direction: "sendonly" }));
      await settle();
      dialog.end(end);
      expect(await interrupted).toMatchObject({ kind: "interrupted", messages: 0 });
    }
  });
});
