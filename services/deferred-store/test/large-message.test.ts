import { describe, expect, it } from "@jest/globals";
import type { PagerMessage } from "@heliograph/contracts";
import { parseCpim } from "@heliograph/im-bodies";
import type { DeferredMessage } from "../src/domain/deferred-message.js";
import { largeMessageOf, readHead } from "../src/domain/large-head.js";
import { msrpItemOf } from "../src/domain/msrp-item.js";
import { invitationOf } from "../src/domain/push-invitation.js";
import { alice, bob, cpimOf, messageOf } from "./given.js";

const deferred = (message: PagerMessage, changes: Partial<DeferredMessage> = {}): DeferredMessage => ({
  owner: bob,
  seq: 1,
  id: message.id,
  state: "waiting",
  cause: "offline",
  attempts: 0,
  expiresAtMs: 0,
  message,
  large: undefined,
  ...changes,
});

const cpim = (inner: string) =>
  Buffer.from(`From: <${alice}>\r\n\r\nContent-Type: ${inner}\r\n\r\n${"x".repeat(99)}`);

describe("the head of a message that came by MSRP", () => {
  it("is the headers of a message/cpim, to the octet where the content begins", () => {
    const head = readHead("message/cpim", [], cpim("text/plain"));
    expect(Buffer.from(head.octets).toString()).toBe(
      `From: <${alice}>\r\n\r\nContent-Type: text/plain\r\n\r\n`,
    );
  });

  it.each([
    ["of another type", "image/png", [], cpim("text/plain")],
    ["that is encoded", "message/cpim", [["Content-Encoding", "gzip"]], cpim("text/plain")],
    ["that cannot be read", "message/cpim", [], Buffer.from("no headers")],
  ] as const)("is nothing of a message %s", (_, type, fields, first) => {
    expect(readHead(type, fields, first)).toEqual({ octets: new Uint8Array(0), isTransient: false });
  });

  it("DF-12 tells a composition status, which is of no use later", () => {
    expect(readHead("application/im-iscomposing+xml", [], Buffer.from("<x/>")).isTransient).toBe(true);
    expect(readHead("message/cpim", [], cpim("application/im-iscomposing+xml")).isTransient).toBe(true);
  });

  it("DF-08 goes with the identities of the INVITE, without what was about the INVITE itself", () => {
    const invited = messageOf({
      headers: [
        ["Subject", "holiday"],
        ["Expires", "30"],
        ["Session-Expires", "90"],
        ["Content-Disposition", "session"],
      ],
    });
    const said = {
      id: "x",
      contentType: "image/png",
      mimeFields: [["Content-ID", "<a@b>"]] as const,
      receivedAtMs: 5,
    };
    expect(largeMessageOf(invited, said, new Uint8Array(0))).toMatchObject({
      id: "x",
      from: invited.from,
      contentType: "image/png",
      headers: [
        ["Subject", "holiday"],
        ["Content-ID", "<a@b>"],
      ],
      receivedAtMs: 5,
    });
  });
});

describe("DF-32 a stored message over MSRP", () => {
  it("is the message/cpim that it was, octet by octet", () => {
    const message = cpimOf("display");
    const item = msrpItemOf(deferred(message));
    expect(item).toMatchObject({ contentType: "message/cpim", size: message.body.length });
    expect(item.head).toEqual(message.body);
  });

  it("is put into a message/cpim with From, To, DateTime and Subject, and no Message-ID of ours, where it was none", () => {
    const message = messageOf({ text: "hello", receivedAtMs: Date.UTC(2026, 10, 28) });
    const item = msrpItemOf(deferred(message));
    const read = parseCpim(item.head);
    if (!read.ok) throw new Error(read.error.rule);
    expect(read.value.headers.map(({ name, value }) => `${name}: ${value}`)).toEqual([
      `From: "Alice" <${alice}>`,
      `To: <${bob}>`,
      "DateTime: 2026-11-28T00:00:00.000Z",
      "Subject: greetings",
    ]);
    expect(read.value.contentHeader("Content-Type")).toBe("text/plain");
    expect(Buffer.from(read.value.content).toString()).toBe("hello");
  });

  it("GEN-08 does not name a sender who wanted privacy", () => {
    const item = msrpItemOf(deferred(messageOf({ privacy: ["id"] })));
    expect(Buffer.from(item.head).toString()).not.toContain("alice");
  });

  it("DF-48 has the same Message-ID at every try: its sender's, or one made from its name", () => {
    const found = deferred(messageOf());
    expect(msrpItemOf(found).messageId).toBe(msrpItemOf({ ...found, attempts: 3 }).messageId);
    expect(msrpItemOf(found).messageId).toMatch(/^[A-Za-z0-9]{32}$/);
    const large = {
      id: "c",
      key: Buffer.alloc(32),
      messageId: "sender-id",
      bytes: 500,
      pieceBytes: 64,
      headBytes: 10,
    };
    const message = messageOf({ contentType: "message/cpim", body: Buffer.alloc(12) });
    expect(msrpItemOf(deferred(message, { large }))).toMatchObject({ messageId: "sender-id", size: 502 });
  });
});

describe("DF-34 the INVITE of a push", () => {
  const parts = {
    id: "i",
    owner: bob,
    storeUser: "deferred",
    leg: { kind: "store", node: "store1", incarnation: "n", leg: "l" },
    offer: Buffer.from("v=0"),
    nowMs: 1,
  } as const;

  it("asserts the store's own address, refers to who wrote the message, and asks for devices of large messages", () => {
    const message = messageOf({
      headers: [
        ["Subject", "holiday"],
        ["Accept-Contact", "*;+x"],
        ["Content-ID", "<a@b>"],
      ],
    });
    expect(invitationOf({ ...parts, message })).toMatchObject({
      requestUri: bob,
      recipient: bob,
      from: message.from,
      sender: { kind: "local", aor: alice, asserted: ["sip:deferred@example.org"] },
      headers: [
        ["Subject", "holiday"],
        ["Accept-Contact", "*;+g.oma.sip-im.large-message;require;explicit"],
        ["Referred-By", `<${alice}>`],
      ],
      body: { type: "application/sdp", content: parts.offer },
      caller: parts.leg,
    });
  });

  it("GEN-08 does not say who wrote a message whose sender wanted privacy", () => {
    const { headers, privacy } = invitationOf({ ...parts, message: messageOf({ privacy: ["id"] }) });
    expect(headers.map(([name]) => name)).not.toContain("Referred-By");
    expect(privacy).toEqual(["id"]);
  });
});
