import { describe, expect, it } from "@jest/globals";
import { agedBy, expiryOf } from "../src/domain/expiry.js";
import { messageOf } from "./given.js";

const receivedAtMs = Date.parse("Mon, 23 Nov 2026 04:00:00 GMT");
const day = 86_400_000;
const expiry = (...headers: [string, string][]) =>
  expiryOf(messageOf({ receivedAtMs, headers }), 7 * day) - receivedAtMs;

describe("DF-08 RFC 3428 §7 until when a message is kept", () => {
  it("without Expires: as long as the operator keeps messages", () => {
    expect(expiry()).toBe(7 * day);
  });

  it("Expires SHOULD count from Date where there is one", () => {
    expect(expiry(["Date", "Mon, 23 Nov 2026 03:59:00 GMT"], ["Expires", "90"])).toBe(30_000);
  });

  it("Expires SHOULD count from arrival where there is no Date", () => {
    expect(expiry(["Expires", "90"])).toBe(90_000);
  });

  it("never longer than the operator keeps messages, whatever the sender says", () => {
    expect(expiry(["Expires", "4294967295"])).toBe(7 * day);
    expect(expiry(["Date", "Mon, 23 Nov 2099 03:59:00 GMT"], ["Expires", "90"])).toBe(7 * day);
  });

  it("Expires: 0 is over on arrival", () => {
    expect(expiry(["Expires", "0"])).toBe(0);
  });

  it.each(["soon", "-1", "1.5", "99999999999", ""])(
    "an Expires that is no number of seconds (%j) counts as none",
    (value) => {
      expect(expiry(["Expires", value])).toBe(7 * day);
    },
  );

  it.each(["yesterday", "2026-11-23T04:00:00Z", "Mon, 23 Nov 2026 04:00:00 CET"])(
    "a Date that SIP does not have (%j) counts as none",
    (value) => {
      expect(expiry(["Date", value], ["Expires", "60"])).toBe(60_000);
    },
  );
});

describe("DF-46 RFC 3428 §7 a message that goes out after a while", () => {
  it("passes Date and Expires on as received", () => {
    const message = messageOf({
      receivedAtMs,
      headers: [
        ["Date", "Mon, 23 Nov 2026 04:00:00 GMT"],
        ["Expires", "600"],
      ],
    });
    expect(agedBy(message, receivedAtMs + 100_000)).toBe(message);
  });

  it("without Date has its Expires reduced by the time in store, in its place among the headers", () => {
    const message = messageOf({
      receivedAtMs,
      headers: [
        ["Subject", "a"],
        ["expires", "600"],
        ["X-Last", "b"],
      ],
    });
    expect(agedBy(message, receivedAtMs + 100_400)).toMatchObject({
      headers: [
        ["Subject", "a"],
        ["expires", "500"],
        ["X-Last", "b"],
      ],
      receivedAtMs: receivedAtMs + 100_400,
    });
  });

  it("without Expires stays as it is", () => {
    const message = messageOf({ receivedAtMs });
    expect(agedBy(message, receivedAtMs + 100_000)).toBe(message);
  });
});
