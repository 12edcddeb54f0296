import { deflateSync } from "node:zlib";
import { describe, expect, it } from "@jest/globals";
import { formatImdn, formatIsComposing, parseCpim, parseImdn } from "@heliograph/im-bodies";
import type { SipRequest } from "@heliograph/sip";
import type { Arrival, Composing, Receipt } from "../src/index.js";
import { cpim, given, incoming, settle, textOf } from "./given-client.js";

const inCpim = { contentType: "message/cpim" };

function imdnIn(request: SipRequest | undefined) {
  const outer = parseCpim(request?.body ?? new Uint8Array());
  const inner = outer.ok ? parseImdn(outer.value.content) : undefined;
  if (!outer.ok || !inner?.ok) throw new Error(`no IMDN: ${textOf(request)}`);
  return {
    ...inner.value,
    route: outer.value.all("IMDN-Route", "urn:ietf:params:imdn").map(({ value }) => value),
  };
}

describe("CL-15 RFC 3428 §7 taking messages", () => {
  it("shows the text, who sent it, and answers 200 when it was taken, not before", async () => {
    const { client, stack } = given();
    let taken: () => void = () => undefined;
    const arrivals: Arrival[] = [];
    client.onMessage((arrival) => {
      arrivals.push(arrival);
      return new Promise((resolve) => {
        taken = resolve;
      });
    });
    const responses = stack.receive(incoming({}));
    await settle();
    expect(responses).toEqual([]);
    taken();
    await settle();
    expect(responses.map(({ status }) => status)).toEqual([200]);
    expect(responses[0]?.to.params.has("tag")).toBe(true);
    expect(responses[0]?.headers.has("Contact")).toBe(false);
    expect(arrivals).toMatchObject([
      { isRepeat: false, message: { from: "sip:alice@example.org", text: "Hello", messageId: undefined } },
    ]);
  });

  it("answers 500 when it could not be taken, and takes the next copy as the first", async () => {
    const { client, stack } = given();
    const repeats: boolean[] = [];
    client.onMessage(({ isRepeat }) => {
      repeats.push(isRepeat);
      if (repeats.length === 1) throw new Error("the disk is full");
    });
    const first = stack.receive(incoming({}));
    await settle();
    const second = stack.receive(incoming({}));
    await settle();
    expect([...first, ...second].map(({ status }) => status)).toEqual([500, 200]);
    expect(repeats).toEqual([false, false]);
  });

  it("tells a second copy from a second message", async () => {
    const { client, stack } = given();
    const repeats: boolean[] = [];
    client.onMessage(({ isRepeat }) => void repeats.push(isRepeat));
    for (const callId of ["c1", "c1", "c2"]) {
      stack.receive(incoming({ callId }));
      await settle();
    }
    expect(repeats).toEqual([false, true, false]);
  });

  it("reads through Content-Encoding", async () => {
    const { client, stack } = given();
    const texts: (string | undefined)[] = [];
    client.onMessage(({ message }) => void texts.push(message.text));
    const body = new Uint8Array(deflateSync(cpim()));
    stack.receive(incoming({ ...inCpim, body, headers: [["Content-Encoding", "deflate"]] }));
    await settle();
    expect(texts).toEqual(["Hello"]);
  });

  it.each([
    ["a coding that it does not know", incoming({ headers: [["Content-Encoding", "br"]] }), 415],
    ["CPIM that is none", incoming({ ...inCpim, body: "no header" }), 400],
    ["an IMDN that is none", incoming({ contentType: "message/imdn+xml", body: "<imdn" }), 400],
    [
      "a composition status that is none",
      incoming({ contentType: "application/im-iscomposing+xml", body: "" }),
      400,
    ],
    ["REFER", incoming({ method: "REFER" }), 405],
    ["OPTIONS", incoming({ method: "OPTIONS" }), 200],
  ])("answers %s", async (_, request, status) => {
    const { stack } = given();
    const responses = stack.receive(request);
    await settle();
    expect(responses.map((response) => response.status)).toEqual([status]);
  });

  it("RFC 3261 §17.2.1 never answers an ACK", async () => {
    const { stack } = given();
    const responses = stack.receive(incoming({ method: "ACK" }));
    await settle();
    expect(responses).toEqual([]);
  });
});

describe("CL-32 RFC 5438 §7.2.1 answering wishes for receipts", () => {
  it("sends <delivered/> once, back over the route that it came with", async () => {
    const { client, stack } = given();
    client.onMessage(() => undefined);
    const body = cpim("positive-delivery", [
      "imdn.IMDN-Record-Route: <sip:im@two.example>",
      "imdn.IMDN-Record-Route: <sip:im@one.example>",
    ]);
    for (let copy = 0; copy < 2; copy += 1) {
      stack.receive(incoming({ ...inCpim, body }));
      await settle();
    }
    expect(stack.sent).toHaveLength(1);
    expect(stack.sent[0]?.requestUri).toBe("sip:alice@example.org");
    expect(imdnIn(stack.sent[0])).toMatchObject({
      messageId: "m1",
      notification: { kind: "delivery", status: "delivered" },
      route: ["<sip:im@two.example>", "<sip:im@one.example>"],
    });
  });

  it("sends nothing that nobody asked for", async () => {
    const { client, stack } = given();
    const arrivals: Arrival[] = [];
    client.onMessage((arrival) => void arrivals.push(arrival));
    stack.receive(incoming({ ...inCpim, body: cpim("negative-delivery") }));
    await settle();
    for (const { message } of arrivals) await client.markDisplayed(message);
    expect(stack.sent).toEqual([]);
  });

  it("sends <displayed/> when a person has seen it", async () => {
    const { client, stack } = given();
    client.onMessage(({ message }) => void client.markDisplayed(message));
    stack.receive(incoming({ ...inCpim, body: cpim("display") }));
    await settle();
    expect(imdnIn(stack.sent[0]).notification).toEqual({ kind: "display", status: "displayed" });
  });

  it("closes after the receipts that are under way", async () => {
    const { client, stack } = given();
    client.onMessage(() => undefined);
    stack.receive(incoming({ ...inCpim, body: cpim("positive-delivery") }));
    await client.close();
    expect(stack.sent).toHaveLength(1);
    expect(stack.isStopped).toBe(true);
  });
});

describe("RFC 5438 §7.1.2 hearing what became of a message", () => {
  it("takes a receipt, bare or in CPIM, and shows it as none of the messages", async () => {
    const { client, stack } = given();
    const receipts: Receipt[] = [];
    const arrivals: Arrival[] = [];
    client.onReceipt((receipt) => receipts.push(receipt));
    client.onMessage((arrival) => void arrivals.push(arrival));
    const body = formatImdn({
      messageId: "m7",
      dateTime: "2026-01-02T03:04:05Z",
      recipientUri: "sip:alice@example.org",
      notification: { kind: "processing", status: "stored" },
    });
    const responses = stack.receive(incoming({ contentType: "message/imdn+xml", body }));
    await settle();
    expect(responses.map(({ status }) => status)).toEqual([200]);
    expect(receipts).toEqual([
      { messageId: "m7", status: "stored", kind: "processing", from: "sip:alice@example.org" },
    ]);
    expect(arrivals).toEqual([]);
  });

  it("RFC 3994 §3 hears that somebody is typing", async () => {
    const { client, stack } = given();
    const heard: Composing[] = [];
    client.onComposing((composing) => heard.push(composing));
    const body = formatIsComposing({ state: "active", refreshS: 60 });
    stack.receive(incoming({ contentType: "application/im-iscomposing+xml", body }));
    await settle();
    expect(heard).toEqual([{ from: "sip:alice@example.org", state: "active" }]);
  });
});
