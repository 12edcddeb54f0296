import { describe, expect, it } from "@jest/globals";
import { credentials, flowFrom, given, leg, message, request } from "./given.js";

const inDialog = { to: "<sip:bob@example.com>;tag=t" };

describe("a dialog that is not here", () => {
  it("GEN-15 a second INVITE and an UPDATE find no dialog: 481", async () => {
    const { receive } = await given();
    expect((await receive(request("INVITE", inDialog)))?.status).toBe(481);
    expect((await receive(request("UPDATE", inDialog)))?.status).toBe(481);
  });

  it("GEN-39 RFC 3261 §12.2.2 an OPTIONS that asks whether a dialog lives hears that it does not", async () => {
    const { receive, asked } = await given();
    for (const uri of ["sip:example.com", "sip:bob@example.com"])
      expect((await receive(request("OPTIONS", { ...inDialog, uri })))?.status).toBe(481);
    expect(asked).toEqual([]);
  });

  it("GEN-39 a MESSAGE to us, as in a session that is lost, is 481; one to a user goes on (R-sip-edge-16)", async () => {
    const { receive, messages } = await given();
    const toUs = message({ ...inDialog, uri: "sip:198.51.100.1:5060" });
    expect((await receive(toUs))?.status).toBe(481);
    expect(messages()).toEqual([]);
    expect((await receive(message({ ...inDialog, more: [credentials] })))?.status).toBe(200);
    expect(messages()).toHaveLength(1);
  });
});

describe("pager mode offers no subscriptions", () => {
  it("GEN-13 a SUBSCRIBE is 405, whatever its package, and no Allow-Events names one", async () => {
    const { receive } = await given();
    for (const event of ["reg", "conference", "novel"]) {
      const answer = await receive(request("SUBSCRIBE", { more: [`Event: ${event}`, "Expires: 600"] }));
      expect(answer?.status).toBe(405);
      expect(answer?.headers.has("Allow-Events")).toBe(false);
    }
  });

  it("GEN-13 a NOTIFY finds no subscription: 481, which removes it at the notifier", async () => {
    const { receive } = await given();
    const more = ["Event: reg", "Subscription-State: active;expires=60"];
    expect((await receive(request("NOTIFY", { ...inDialog, more })))?.status).toBe(481);
  });
});

describe("RFC 3428 §4 a MESSAGE opens no dialog", () => {
  it.each(["udp", "tcp", "tls", "ws"] as const)(
    "GEN-11 GEN-43 over %s neither Record-Route nor Contact comes back: nothing follows it on a route",
    async (transport) => {
      const { receive } = await given();
      const more = [
        credentials,
        "Record-Route: <sip:p.example.net;lr>",
        "Contact: <sip:a@192.0.2.10;gr=1>;+sip.instance=x",
      ];
      const answer = await receive(message({ more }), flowFrom("192.0.2.10", transport));
      expect(answer?.status).toBe(200);
      expect(answer?.headers.has("Record-Route")).toBe(false);
      expect(answer?.headers.has("Contact")).toBe(false);
    },
  );

  it("GEN-11 GEN-43 none is added towards the device either, whatever transport it is on", async () => {
    const { stack, send } = await given();
    await send(leg({ flowId: "tls,1" }));
    const sent = stack.sent.at(-1)?.request.headers;
    expect(sent?.has("Record-Route")).toBe(false);
    expect(sent?.has("Contact")).toBe(false);
  });
});
