import { describe, expect, it } from "@jest/globals";
import * as fc from "fast-check";
import {
  formatImdn,
  type Imdn,
  type ImdnNotification,
  imdnMessageIdOf,
  mediaTypeOf,
  parseCpim,
  parseImdn,
} from "../src/index.js";

const documentWith = (notification: string) => `<?xml version="1.0" encoding="UTF-8"?>
   <imdn xmlns="urn:ietf:params:xml:ns:imdn">
         <message-id>34jk324j</message-id>
         <datetime>2008-04-04T12:16:49-05:00</datetime>
        <recipient-uri>im:bob@example.com</recipient-uri>
         <original-recipient-uri
           >im:bob@example.com</original-recipient-uri>
         ${notification}
       </imdn>`;

const about = {
  messageId: "34jk324j",
  dateTime: "2008-04-04T12:16:49-05:00",
  recipientUri: "im:bob@example.com",
  originalRecipientUri: "im:bob@example.com",
};

const notifications: readonly ImdnNotification[] = [
  ...(["delivered", "failed", "forbidden", "error"] as const).map((status) => ({
    kind: "delivery" as const,
    status,
  })),
  ...(["processed", "stored", "forbidden", "error"] as const).map((status) => ({
    kind: "processing" as const,
    status,
  })),
  ...(["displayed", "forbidden", "error"] as const).map((status) => ({ kind: "display" as const, status })),
];

describe("RFC 5438 §11.1 Structure of an XML-Encoded IMDN Payload", () => {
  it.each(notifications)("reads $kind $status", (notification) => {
    const element = `<${notification.kind}-notification><status><${notification.status}/></status></${notification.kind}-notification>`;
    expect(parseImdn(documentWith(element))).toEqual({ ok: true, value: { ...about, notification } });
  });

  it.each(notifications)("writes $kind $status so that it is read back", (notification) => {
    const imdn: Imdn = { ...about, subject: "a < b", notification };
    expect(parseImdn(formatImdn(imdn))).toEqual({ ok: true, value: imdn });
  });

  it("§11.1.9: takes extensions of other namespaces, as status and beside the notification", () => {
    const extended = documentWith(
      '<delivery-notification><status><x:queued xmlns:x="urn:x"/></status></delivery-notification><x:y xmlns:x="urn:x"/>',
    );
    expect(parseImdn(extended)).toMatchObject({
      value: { notification: { kind: "delivery", status: "extension" } },
    });
    const read = parseImdn(documentWith(""));
    expect(read.ok && read.value.notification).toBeUndefined();
  });

  it("§11.1.9: writes the two URIs as a pair, and no subject without them", () => {
    const { messageId, dateTime, recipientUri } = about;
    expect(parseImdn(formatImdn({ messageId, dateTime, recipientUri }))).toMatchObject({ value: about });
    const hidden = formatImdn({ messageId, dateTime, subject: "s" });
    expect(hidden).not.toMatch(/uri|subject/);
  });

  it.each([
    ["another root", '<x xmlns="urn:ietf:params:xml:ns:imdn"/>', "imdn"],
    ["no namespace", "<imdn/>", "imdn"],
    ["no message-id", '<imdn xmlns="urn:ietf:params:xml:ns:imdn"><datetime/></imdn>', "message-id"],
    [
      "no datetime",
      '<imdn xmlns="urn:ietf:params:xml:ns:imdn"><message-id>a</message-id></imdn>',
      "datetime",
    ],
    ["a notification without status", documentWith("<delivery-notification/>"), "notification"],
    [
      "a status of another notification",
      documentWith("<display-notification><status><delivered/></status></display-notification>"),
      "status",
    ],
    [
      "two statuses",
      documentWith("<delivery-notification><status><delivered/><failed/></status></delivery-notification>"),
      "status",
    ],
    ["an unknown notification", documentWith("<other-notification><status/></other-notification>"), "status"],
    ["what is not XML", "hello", "well-formed"],
    ["a document type", '<!DOCTYPE imdn><imdn xmlns="urn:ietf:params:xml:ns:imdn"/>', "doctype"],
  ])("refuses %s", (_, document, rule) => {
    expect(parseImdn(document)).toMatchObject({ ok: false, error: { rule } });
  });

  it("is read back whatever the texts are", () => {
    const text = fc
      .string({ unit: "grapheme", minLength: 1, maxLength: 12 })
      .map((s) => s.replace(/[\p{Cc}\p{Cs}\p{Z}\ufffe\uffff\ufeff]/gu, "") || "x");
    fc.assert(
      fc.property(
        text,
        text,
        text,
        fc.constantFrom(...notifications),
        (messageId, dateTime, uri, notification) => {
          const imdn: Imdn = {
            messageId,
            dateTime,
            recipientUri: uri,
            originalRecipientUri: uri,
            notification,
          };
          expect(parseImdn(formatImdn(imdn))).toEqual({ ok: true, value: imdn });
        },
      ),
    );
  });
});

describe("RFC 5438 §7.2.1.1 the example's body", () => {
  const example = [
    "From: Bob <im:bob@example.com>",
    "To: Alice <im:alice@example.com>",
    "NS: imdn <urn:ietf:params:imdn>",
    "imdn.Message-ID: d834jied93rf",
    "Content-type: message/imdn+xml",
    "Content-Disposition: notification",
    "Content-length: ...",
    "",
    documentWith("<delivery-notification><status><delivered/></status></delivery-notification>"),
  ].join("\r\n");

  it("is read although its content headers stand among the message headers (R-im-bodies-1)", () => {
    const parsed = parseCpim(new TextEncoder().encode(example));
    if (!parsed.ok) throw new Error(parsed.error.rule);
    expect(imdnMessageIdOf(parsed.value)).toBe("d834jied93rf");
    expect(mediaTypeOf(parsed.value.contentHeader("Content-Type") ?? "")).toBe("message/imdn+xml");
    expect(parseImdn(parsed.value.content)).toMatchObject({ ok: true, value: about });
  });
});
