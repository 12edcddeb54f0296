import { describe, expect, it } from "@jest/globals";
import { MessageRefused } from "@heliograph/msrp-stack";
import type { Composing, Receipt } from "../src/index.js";
import { cpim, settle } from "./given-client.js";
import { alice, aliceSays, answersWith, inSession, invited, inviteFrom, text } from "./given-session.js";

const isComposing = (state: string) =>
  `<?xml version="1.0"?><isComposing xmlns="urn:ietf:params:xml:ns:im-iscomposing"><state>${state}</state></isComposing>`;

describe("texts in a session", () => {
  it("CL-22 CL-32 go in message/cpim with what is asked for, under one Message-ID", async () => {
    const { session, msrp } = await inSession();
    const sent = await session.sendText("Grüße", { wants: ["positive-delivery", "display"] });
    const [first] = msrp.sent;
    expect(sent).toEqual({ kind: "sent", messageId: first?.message.messageId });
    expect(first?.message).toMatchObject({ contentType: "message/cpim" });
    expect(first?.message.wantsSuccessReport).toBeUndefined();
    for (const line of [
      "From: <sip:bob@example.org>",
      `To: <${alice}>`,
      `imdn.Message-ID: ${first?.message.messageId}`,
      "imdn.Disposition-Notification: positive-delivery, display",
      "Content-Type: text/plain;charset=UTF-8",
    ]) {
      expect(first?.text).toContain(`${line}\r\n`);
    }
    expect(first?.text).toMatch(/\r\n\r\nGrüße$/);
  });

  it("wait for the success report where the sender wants that", async () => {
    const { session, msrp } = await inSession();
    await session.sendText("sure?", { isReported: true });
    expect(msrp.sent[0]?.message.wantsSuccessReport).toBe(true);
  });

  it("go as they are to a peer that does not take message/cpim, and not at all where it takes neither", async () => {
    const plain = await inSession({}, aliceSays({ types: "text/plain", wrapped: "" }));
    expect(await plain.session.sendText("hi")).toMatchObject({ kind: "sent" });
    expect(plain.msrp.sent[0]?.message.contentType).toBe("text/plain;charset=UTF-8");
    expect(await plain.session.send(new Uint8Array(1), "image/png")).toMatchObject({
      kind: "refused",
      status: 415,
    });
    expect(plain.msrp.sent).toHaveLength(1);
  });

  it("say what became of them", async () => {
    const { session, msrp } = await inSession();
    msrp.outcome = { kind: "refused", status: 413, comment: undefined };
    expect(await session.sendText("x")).toMatchObject({ kind: "refused", status: 413 });
    msrp.outcome = { kind: "not-allowed", why: "size" };
    expect(await session.sendText("x")).toMatchObject({ kind: "refused", status: 413 });
  });

  it("CL-34 were not sent where nobody answers in the time that MSRP gives", async () => {
    const { session, msrp } = await inSession();
    msrp.outcome = { kind: "refused", status: 408, comment: undefined };
    expect(await session.sendText("x")).toMatchObject({ kind: "refused", status: 408 });
  });

  it("MS-47 are sent again with the same Message-ID when a new offer has made good for a lost connection", async () => {
    const { session, msrp, endpoints, dialog } = await inSession();
    answersWith(dialog, aliceSays({ session: "a2" }));
    msrp.outcome = undefined;
    const sending = session.sendText("over and over");
    await settle();
    const [first] = msrp.sent;
    first?.settle({ kind: "lost", reason: "connection lost", confirmedOctets: 0 });
    msrp.fail();
    await settle();
    expect(await sending).toEqual({ kind: "sent", messageId: first?.message.messageId });
    expect(endpoints.opened).toHaveLength(2);
    expect(endpoints.last.parts).toMatchObject({
      uri: "msrp://127.0.0.1:2855/s2;tcp",
      peerPath: ["msrp://192.0.2.7:2855/a2;tcp"],
    });
    expect(endpoints.last.sent[0]?.message.messageId).toBe(first?.message.messageId);
  });

  it("MS-47 are sent where the session has moved to, when the old place says that nobody is there", async () => {
    const { session, msrp, endpoints, dialog } = await inSession();
    answersWith(dialog, aliceSays({ session: "a2" }));
    msrp.outcome = undefined;
    const sending = session.sendText("on the move");
    await settle();
    const switching = session.switchTransport("tcp");
    msrp.fail();
    msrp.sent[0]?.settle({ kind: "refused", status: 481, comment: undefined });
    expect(await switching).toEqual({ kind: "done" });
    expect(await sending).toMatchObject({ kind: "sent" });
    await settle();
    expect(dialog.asked).toHaveLength(1);
    expect(endpoints.opened).toHaveLength(2);
  });

  it("MS-47 are lost when the peer does not agree to go on, and the session ends", async () => {
    const { session, msrp, dialog } = await inSession();
    answersWith(dialog, 488);
    msrp.outcome = { kind: "lost", reason: "connection lost", confirmedOctets: 0 };
    const sending = session.sendText("gone");
    msrp.fail();
    expect(await sending).toEqual({ kind: "lost", reason: "the session is over" });
    expect(dialog.byes).toEqual(['SIP;cause=503;text="Service Unavailable"']);
    expect(await session.sendText("too late")).toMatchObject({ kind: "lost" });
  });
});

describe("MS-47 a connection that is lost while the service has lost a part of its own", () => {
  it("is offered again until it is made good, and its messages come then", async () => {
    const { session, msrp, endpoints, dialog, clock } = await inSession();
    answersWith(dialog, 503);
    msrp.outcome = { kind: "lost", reason: "connection lost", confirmedOctets: 0 };
    const sending = session.sendText("patience");
    msrp.fail();
    await settle();
    answersWith(dialog, aliceSays({ session: "a2" }));
    clock.advance(1_500);
    await settle();
    expect(await sending).toMatchObject({ kind: "sent" });
    expect(dialog.asked).toHaveLength(2);
    expect(endpoints.last.parts).toMatchObject({ peerPath: ["msrp://192.0.2.7:2855/a2;tcp"] });
    expect(session.isOver).toBe(false);
  });

  it("ends the session when that takes longer than eight seconds", async () => {
    const { session, msrp, dialog, clock } = await inSession();
    answersWith(dialog, 503);
    msrp.fail();
    for (let count = 0; count < 5; count += 1) {
      await settle();
      expect(session.isOver).toBe(false);
      clock.advance(1_500);
    }
    await settle();
    clock.advance(500);
    await settle();
    expect(dialog.byes).toEqual(['SIP;cause=503;text="Service Unavailable"']);
    expect(dialog.asked).toHaveLength(6);
  });

  it("RFC 3261 §14.1 answers the offer of the peer while its own, which collided with it, waits", async () => {
    const { session, msrp, endpoints, dialog, clock } = await inSession();
    answersWith(dialog, 491);
    msrp.fail();
    await settle();
    const offered = inviteFrom({ body: aliceSays({ session: "a2", setup: "passive" }), method: "INVITE" });
    expect(await dialog.receive(offered)).toMatchObject({ status: 200 });
    expect(endpoints.last.parts).toMatchObject({ peerPath: ["msrp://192.0.2.7:2855/a2;tcp"] });
    clock.advance(2_100);
    await settle();
    expect(dialog.asked).toHaveLength(1);
    expect([session.isOver, dialog.byes]).toEqual([false, []]);
  });

  it("ends the session when nobody answers in eight seconds", async () => {
    const { msrp, dialog, clock } = await inSession();
    dialog.answer = () => new Promise(() => undefined);
    msrp.fail();
    await settle();
    clock.advance(7_999);
    await settle();
    expect(dialog.byes).toEqual([]);
    clock.advance(1);
    await settle();
    expect(dialog.byes).toHaveLength(1);
  });
});

describe("messages that come in a session", () => {
  it("CL-15 are answered when they were taken, and refused when they could not be", async () => {
    const { session, msrp } = await inSession();
    const heard: (string | undefined)[] = [];
    session.onMessage(({ message }) => void heard.push(message.text));
    await msrp.receive("message/cpim", cpim());
    expect(heard).toEqual(["Hello"]);
    session.onMessage(() => Promise.reject(new Error("disk full")));
    await expect(msrp.receive("text/plain", "x", "m-2")).rejects.toThrow(MessageRefused);
    session.onMessage(({ message }) => void heard.push(message.text));
    await msrp.receive("text/plain", "x", "m-2");
    expect(heard).toEqual(["Hello", "x"]);
    await expect(msrp.receive("message/cpim", "none", "m-3")).rejects.toMatchObject({ status: 400 });
  });

  it("RFC 4975 §8.6 MS-53 are refused where message/cpim holds what was not said to be taken there", async () => {
    const { session, msrp } = await inSession();
    const heard: string[] = [];
    session.onMessage(({ message }) => void heard.push(message.contentType));
    const holding = (type: string) =>
      cpim()
        .replace("text/plain", type)
        .replace(/Message-ID: \S+/, `Message-ID: ${type.slice(0, 9)}`);
    for (const type of ["image/png", "text/html"])
      await expect(msrp.receive("message/cpim", holding(type), type)).rejects.toMatchObject({ status: 415 });
    for (const type of ["text/plain;charset=utf-8", "multipart/mixed;boundary=x"])
      await msrp.receive("message/cpim", holding(type), type);
    expect(heard).toEqual(["text/plain;charset=utf-8", "multipart/mixed;boundary=x"]);
  });

  it("MS-47 are shown once, however often they come", async () => {
    const { session, msrp } = await inSession();
    let heard = 0;
    session.onMessage(() => {
      heard += 1;
    });
    await msrp.receive("message/cpim", cpim(), "m-1");
    await msrp.receive("message/cpim", cpim(), "m-9");
    await msrp.receive("text/plain", "x", "m-2");
    await msrp.receive("text/plain", "x", "m-2");
    expect(heard).toBe(2);
  });

  it("go to the client's own hearers where the session has none", async () => {
    const { client, msrp } = await inSession();
    const heard: unknown[] = [];
    client.onMessage(({ message }) => void heard.push(message.from));
    client.onComposing(({ state }) => heard.push(state));
    client.onReceipt(({ status }) => heard.push(status));
    await msrp.receive("text/plain", "x");
    await msrp.receive("application/im-iscomposing+xml", isComposing("active"));
    expect(heard).toEqual([alice, "active"]);
  });
});

describe("CL-32 receipts in a session", () => {
  it("go as message/cpim in the session: delivered when it was taken, displayed when a person has seen it", async () => {
    const { session, msrp } = await inSession();
    session.onMessage(({ message }) => void session.markDisplayed(message));
    await msrp.receive("message/cpim", cpim("positive-delivery, display"));
    await settle();
    expect(msrp.sent.map(({ message }) => message.isNotification)).toEqual([true, true]);
    const [displayed = "", delivered = ""] = msrp.sent.map((sent) => sent.text);
    expect(delivered).toContain("<delivered/>");
    expect(displayed).toContain("<displayed/>");
    expect(delivered).toContain("<message-id>m1</message-id>");
    expect(delivered).toContain("Content-Disposition: notification\r\n");
  });

  it("are not sent where nobody asked, and go by MESSAGE to a peer that does not take them here", async () => {
    const { session, msrp, stack } = await inSession({}, aliceSays({ wrapped: "text/plain" }));
    session.onMessage(({ message }) => void session.markDisplayed(message));
    await msrp.receive("message/cpim", cpim("", []));
    await settle();
    expect(stack.sent).toHaveLength(0);
    await msrp.receive("message/cpim", cpim("positive-delivery").replace("m1", "m2"));
    await settle();
    expect(msrp.sent).toHaveLength(0);
    expect(stack.sent.map(({ method, requestUri }) => [method, requestUri])).toEqual([["MESSAGE", alice]]);
  });

  it("are heard from the peer", async () => {
    const { session, msrp } = await inSession();
    const heard: Receipt[] = [];
    session.onReceipt((receipt) => heard.push(receipt));
    const other = await inSession();
    await other.msrp.receive("message/cpim", cpim("positive-delivery"));
    await settle();
    await msrp.receive("message/cpim", other.msrp.sent[0]?.text ?? "");
    expect(heard).toEqual([{ messageId: "m1", status: "delivered", kind: "delivery", from: alice }]);
  });
});

describe("CL-31 typing in a session", () => {
  it("is told in the peer's own way, and ends with the message", async () => {
    const { session, msrp } = await inSession();
    session.setComposing("active");
    session.setComposing("active");
    await settle();
    expect(msrp.sent.map(({ message }) => message.contentType)).toEqual(["message/cpim"]);
    expect(msrp.sent[0]?.text).toContain("<refresh>60</refresh>");
    await session.sendText("done");
    session.setComposing("idle");
    expect(msrp.sent).toHaveLength(2);
    const bare = await inSession(
      {},
      aliceSays({ types: "text/plain application/im-iscomposing+xml", wrapped: "" }),
    );
    bare.session.setComposing("active");
    await settle();
    expect(bare.msrp.sent[0]?.message.contentType).toBe("application/im-iscomposing+xml");
  });

  it("is shown until it is over", async () => {
    const { session, msrp, clock } = await inSession();
    const heard: Composing[] = [];
    session.onComposing((composing) => heard.push(composing));
    await msrp.receive("application/im-iscomposing+xml", isComposing("active"));
    clock.advance(120_000);
    await msrp.receive("application/im-iscomposing+xml", isComposing("active"));
    await msrp.receive("text/plain", "here it is");
    expect(heard.map(({ state }) => state)).toEqual(["active", "idle", "active", "idle"]);
  });
});

describe("a session that changes", () => {
  it("RFC 3264 §8.4 holds and resumes: no content while it is held, receipts all the same", async () => {
    const { session, dialog, msrp } = await inSession();
    answersWith(dialog, aliceSays({ direction: "recvonly" }), aliceSays());
    expect(await session.hold()).toEqual({ kind: "done" });
    expect(session.isHeld).toBe(true);
    expect(text(dialog.asked[0]?.parts.body)).toContain("a=sendonly");
    expect(msrp.renegotiated[0]).toMatchObject({ direction: "sendonly" });
    expect(await session.resume()).toEqual({ kind: "done" });
    expect(text(dialog.asked[1]?.parts.body)).toContain("a=sendrecv");
    expect(session.isHeld).toBe(false);
  });

  it("is held by the peer, who is then told nothing", async () => {
    const { session, dialog, msrp } = await invited();
    const heard: boolean[] = [];
    session.onHold((isHeld) => heard.push(isHeld));
    const held = await dialog.receive(
      inviteFrom({ body: aliceSays({ setup: "actpass", direction: "sendonly" }) }),
    );
    expect(held.status).toBe(200);
    expect(text(held.parts.body)).toContain("a=recvonly");
    expect(await session.sendText("hello?")).toMatchObject({ kind: "refused", status: 403 });
    session.setComposing("active");
    expect(msrp.sent).toHaveLength(0);
    await dialog.receive(inviteFrom({ method: "UPDATE", body: aliceSays({ setup: "actpass" }) }));
    expect(heard).toEqual([true, false]);
    expect(await session.sendText("hello!")).toMatchObject({ kind: "sent" });
  });

  it("RFC 4975 §8.4 moves to another transport, where what is sent then goes", async () => {
    const { session, dialog, msrp, endpoints, clock } = await inSession();
    answersWith(
      dialog,
      aliceSays({ session: "a2" }).replace("TCP/MSRP", "TCP/TLS/MSRP").replace("msrp://", "msrps://"),
    );
    expect(await session.switchTransport("tls")).toEqual({ kind: "done" });
    expect(session.transport).toBe("tls");
    expect(text(dialog.asked[0]?.parts.body)).toContain("a=path:msrps://127.0.0.1:2855/s2;tcp");
    await session.sendText("here");
    expect([msrp.sent.length, endpoints.last.sent.length]).toEqual([0, 1]);
    expect(msrp.isClosed).toBe(false);
    clock.advance(5_000);
    expect(msrp.isClosed).toBe(true);
  });

  it("stays as it is when the peer refuses the change, or cannot be reached", async () => {
    const { session, dialog } = await inSession();
    answersWith(dialog, 488);
    expect(await session.switchTransport("ws")).toMatchObject({ kind: "refused", status: 488 });
    expect(session.transport).toBe("tcp");
    dialog.answer = () => ({ kind: "silent" });
    expect(await session.hold()).toEqual({ kind: "unreachable", reason: "no answer" });
    expect(session.isHeld).toBe(false);
    expect(await session.sendText("still here")).toMatchObject({ kind: "sent" });
  });

  it("ends with BYE when an answer breaks the rules", async () => {
    const { session, dialog } = await inSession();
    answersWith(dialog, "v=0\r\n");
    expect(await session.hold()).toEqual({ kind: "over" });
    expect(dialog.byes).toEqual(['SIP;cause=488;text="Not Acceptable Here"']);
  });

  it("GEN-44 offers what there is where the peer offers nothing, and takes the answer from the ACK", async () => {
    const { dialog, msrp } = await inSession();
    const answer = await dialog.receive(inviteFrom({ body: "" }), () =>
      inviteFrom({ method: "ACK", body: aliceSays({ direction: "sendonly" }) }),
    );
    expect(text(answer.parts.body)).toContain("a=sendrecv");
    await settle();
    expect(msrp.renegotiated.at(-1)).toMatchObject({ direction: "recvonly" });
  });

  it("answers what else comes inside the dialog", async () => {
    const { dialog, client } = await inSession();
    const heard: unknown[] = [];
    client.onMessage(({ message }) => void heard.push(message.text));
    expect((await dialog.receive(inviteFrom({ method: "OPTIONS", body: "" }))).status).toBe(200);
    expect((await dialog.receive(inviteFrom({ method: "REFER", body: "" }))).status).toBe(405);
    expect((await dialog.receive(inviteFrom({ body: "v=0\r\nm=\r\n" }))).status).toBe(400);
    expect(
      (await dialog.receive(inviteFrom({ body: aliceSays({ types: "x/y", wrapped: "" }) }))).status,
    ).toBe(488);
    const said = inviteFrom({ method: "MESSAGE", body: "psst", contentType: "text/plain" });
    expect((await dialog.receive(said)).status).toBe(200);
    expect(heard).toEqual(["psst"]);
  });
});

describe("the end of a session", () => {
  it("is BYE with a Reason, and then the media", async () => {
    const { session, dialog, msrp, client } = await inSession();
    const ends: unknown[] = [];
    session.onEnded((end) => ends.push(end));
    await session.close();
    expect(dialog.byes).toEqual(['SIP;cause=200;text="Call completed"']);
    expect(msrp.isClosed).toBe(true);
    expect(session.isOver).toBe(true);
    session.onEnded((end) => ends.push(end));
    expect(ends).toEqual([{ by: "local" }, { by: "local" }]);
    await client.close();
    expect(dialog.byes).toHaveLength(1);
  });

  it("CL-33 comes after 300 s without a word", async () => {
    const { session, dialog, clock, msrp } = await inSession();
    clock.advance(299_000);
    await msrp.receive("text/plain", "still here");
    clock.advance(299_000);
    await session.sendText("me too");
    clock.advance(299_000);
    expect(dialog.byes).toEqual([]);
    clock.advance(1_000);
    await settle();
    expect(dialog.byes).toEqual(['SIP;cause=408;text="Idle"']);
  });

  it("comes never by itself where that is wanted", async () => {
    const { dialog, clock } = await inSession({ idleS: 0 });
    clock.advance(86_400_000);
    expect(dialog.byes).toEqual([]);
  });

  it("comes with the client's", async () => {
    const { client, dialog, endpoints, stack } = await invited();
    await client.close();
    expect(dialog.byes).toHaveLength(1);
    expect([endpoints.isStopped, stack.isStopped]).toEqual([true, true]);
  });

  it("is without a word when the device drops off: what was under way is lost", async () => {
    const { client, session, dialog, msrp } = await inSession();
    msrp.outcome = undefined;
    const ends: unknown[] = [];
    session.onEnded((end) => ends.push(end));
    const sending = session.sendText("half a");
    await client.dropOff();
    msrp.sent[0]?.settle({ kind: "lost", reason: "closed", confirmedOctets: 0 });
    expect(await sending).toMatchObject({ kind: "lost" });
    expect(ends).toEqual([{ by: "local" }]);
    expect([dialog.byes, msrp.isClosed]).toEqual([[], true]);
    expect(await session.hold()).toEqual({ kind: "over" });
  });

  it("is heard when the peer ends it", async () => {
    const { session, dialog, msrp } = await inSession();
    const ends: unknown[] = [];
    session.onEnded((end) => ends.push(end));
    dialog.end({ by: "remote", reasons: ['SIP;cause=410;text="Gone"'] });
    expect(ends).toEqual([{ by: "remote", reasons: ['SIP;cause=410;text="Gone"'] }]);
    expect(msrp.isClosed).toBe(true);
    expect(await session.sendText("?")).toMatchObject({ kind: "lost" });
  });
});
