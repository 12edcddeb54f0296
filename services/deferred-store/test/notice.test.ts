import { deflateSync } from "node:zlib";
import { describe, expect, it } from "@jest/globals";
import type { PagerMessage } from "@heliograph/contracts";
import { imdnNamespace, parseCpim, parseImdn } from "@heliograph/im-bodies";
import { PredictableChance } from "@heliograph/testkit";
import { zlibInflater } from "../src/adapters/zlib-inflater.js";
import { noticeOf } from "../src/domain/notice.js";
import { cpimOf as readCpim, receiptRequestOf } from "../src/domain/receipt-request.js";
import { alice, bob, cpimOf, messageOf } from "./given.js";

const requestOf = (message: PagerMessage) => receiptRequestOf(message, readCpim(message, zlibInflater));

function noticeFor(message: PagerMessage, ownImdnUris: readonly string[] = []) {
  const request = requestOf(message);
  if (!request) throw new Error("nothing was asked for");
  const deps = { chance: new PredictableChance(), ownImdnUris: new Set(ownImdnUris) };
  return noticeOf({ message, owner: bob, request }, "failed", Date.parse("2026-11-23T05:00:00Z"), deps);
}

function readNotice(message: PagerMessage) {
  const notice = noticeFor(message);
  const cpim = parseCpim(notice?.body ?? new Uint8Array());
  if (!notice || !cpim.ok) throw new Error("no notice");
  const imdn = parseImdn(cpim.value.content);
  return { notice, cpim: cpim.value, imdn: imdn.ok ? imdn.value : undefined };
}

describe("DF-44 RFC 5438 §7.2.1 an IMDN of the store", () => {
  it("MUST have a Message-ID of its own, a Content-Disposition of notification and no request for an IMDN", () => {
    const { cpim } = readNotice(cpimOf("negative-delivery"));
    expect(cpim.get("Message-ID", imdnNamespace)).not.toMatch(/^id-/);
    expect(cpim.contentHeader("Content-Disposition")).toBe("notification");
    expect(cpim.get("Disposition-Notification", imdnNamespace)).toBeUndefined();
  });

  it("names the message by its Message-ID and DateTime, and its recipient", () => {
    const message = cpimOf("negative-delivery");
    const { imdn } = readNotice(message);
    expect(imdn).toMatchObject({
      messageId: requestOf(message)?.messageId,
      dateTime: "2026-11-23T04:00:00Z",
      recipientUri: bob,
      notification: { kind: "delivery", status: "failed" },
    });
  });

  it("goes from the owner to the CPIM sender inside, to the SIP sender outside", () => {
    const { notice, cpim } = readNotice(cpimOf("negative-delivery"));
    expect(cpim.get("From")).toBe(`<${bob}>`);
    expect(cpim.get("To")).toBe(`Alice <${alice}>`);
    expect(notice).toMatchObject({ requestUri: alice, recipient: alice, to: `<${alice}>` });
  });

  it("MUST copy the IMDN-Record-Routes in their order as IMDN-Routes, and is sent to the top one", () => {
    const extra =
      "imdn.IMDN-Record-Route: <sip:near@example.net>\r\nimdn.IMDN-Record-Route: <sip:far@example.com>";
    const { notice, cpim } = readNotice(cpimOf("negative-delivery", { extra }));
    expect(cpim.all("IMDN-Route", imdnNamespace).map(({ value }) => value)).toEqual([
      "<sip:near@example.net>",
      "<sip:far@example.com>",
    ]);
    expect(notice.recipient).toBe("sip:near@example.net");
  });

  it("leaves out our own entry at the top of the IMDN-Record-Routes: it starts here", () => {
    const extra = "imdn.IMDN-Record-Route: <sip:store@example.org>";
    const notice = noticeFor(cpimOf("negative-delivery", { extra }), ["sip:store@example.org"]);
    expect(notice?.recipient).toBe(alice);
  });

  it("goes to the asserted identity where From is anonymous", () => {
    const from = "<sip:anonymous@anonymous.invalid>;tag=1";
    expect(noticeFor(cpimOf("negative-delivery", { from }))?.recipient).toBe(alice);
  });

  it("is not made where there is nobody to send it to", () => {
    const extra = "imdn.IMDN-Record-Route: <mailto:somebody>";
    expect(noticeFor(cpimOf("negative-delivery", { extra }))).toBeUndefined();
  });
});

describe("DF-12 DF-41 DF-44 what asks for an IMDN", () => {
  it("a CPIM message that says so, also under a Content-Encoding", () => {
    const message = cpimOf("processing, negative-delivery;unknown");
    const encoded = {
      ...message,
      body: deflateSync(message.body),
      headers: [["Content-Encoding", "deflate"] as [string, string]],
    };
    expect([...(requestOf(message)?.asked ?? [])]).toEqual(["processing", "negative-delivery"]);
    expect(requestOf(encoded)?.messageId).toBe(requestOf(message)?.messageId);
  });

  it.each([
    ["plain text", messageOf()],
    ["a broken CPIM", messageOf({ contentType: "message/cpim", text: "no headers" })],
    [
      "an IMDN, whatever it asks for",
      cpimOf("processing", { inner: "Content-Type: message/imdn+xml\r\n\r\n<imdn/>" }),
    ],
    [
      "an aggregate of IMDNs",
      cpimOf("processing", {
        inner: "Content-Type: multipart/mixed\r\nContent-Disposition: notification\r\n\r\n",
      }),
    ],
    [
      "a composition status",
      cpimOf("processing", { inner: "Content-Type: application/im-iscomposing+xml\r\n\r\n<x/>" }),
    ],
    [
      "an encrypted message",
      cpimOf("processing", { inner: "Content-Type: application/pkcs7-mime\r\n\r\n0" }),
    ],
    ["a sender who wants privacy", cpimOf("processing", { privacy: ["id"] })],
  ])("not %s", (_, message) => {
    expect(requestOf(message)).toBeUndefined();
  });

  it("a signed message may: it can be read", () => {
    const inner = "Content-Type: application/pkcs7-mime; smime-type=signed-data\r\n\r\n0";
    expect(requestOf(cpimOf("processing", { inner }))).toBeDefined();
  });
});
