import { describe, expect, it } from "@jest/globals";
import { parseCpim, requestedDispositions, imdnMessageIdOf, parseIsComposing } from "@heliograph/im-bodies";
import { answers, given, textOf } from "./given-client.js";

const alice = "sip:alice@example.org";

describe("CL-10 CL-12 RFC 3428 §4 sending a text", () => {
  it("goes as plain text when the sender wants no receipt", async () => {
    const { client, stack } = given();
    const sent = await client.sendText(alice, "Grüße");
    expect(sent).toMatchObject({ kind: "accepted", status: 200 });
    const [request] = stack.sent;
    expect(request).toMatchObject({ method: "MESSAGE", requestUri: alice });
    expect(request?.headers.get("Content-Type")).toBe("text/plain;charset=UTF-8");
    expect(request?.headers.get("From")).toMatch(/^"Bob B" <sip:bob@example\.org>;tag=/);
    expect(request?.headers.has("Contact")).toBe(false);
    expect(textOf(request)).toBe("Grüße");
  });

  it("CL-32 RFC 5438 §7.1.1 goes inside CPIM, with a Message-ID and a time, when the sender wants receipts", async () => {
    const { client, stack } = given();
    const sent = await client.sendText(alice, "Hello", { wants: ["positive-delivery", "display"] });
    const parsed = parseCpim(stack.sent[0]?.body ?? new Uint8Array());
    if (!parsed.ok) throw new Error("not CPIM");
    expect(imdnMessageIdOf(parsed.value)).toBe(sent.kind === "accepted" ? sent.messageId : "");
    expect([...requestedDispositions(parsed.value)]).toEqual(["positive-delivery", "display"]);
    expect(parsed.value.get("DateTime")).toMatch(/^\d{4}-\d\d-\d\dT/);
    expect(new TextDecoder().decode(parsed.value.content)).toBe("Hello");
  });

  it("says until when it is worth delivering", async () => {
    const { client, stack } = given();
    await client.sendText(alice, "Lunch?", { expiresS: 3600 });
    expect(stack.sent[0]?.headers.get("Expires")).toBe("3600");
  });

  it("tells the outcomes apart: 200, 202, a refusal, nobody there", async () => {
    const { client, stack } = given();
    stack.script = [answers(202), answers(404), () => ({ kind: "unreachable", reason: "gone" })];
    expect(await client.sendText(alice, "1")).toMatchObject({ kind: "accepted", status: 202 });
    expect(await client.sendText(alice, "2")).toMatchObject({
      kind: "refused",
      status: 404,
      reason: "Not Found",
    });
    expect(await client.sendText(alice, "3")).toMatchObject({ kind: "unreachable", reason: "gone" });
    stack.script = [() => ({ kind: "silent" })];
    expect(await client.sendText(alice, "4")).toMatchObject({ kind: "unreachable", reason: "no answer" });
    expect(new Set(stack.sent.map(({ callId }) => callId)).size).toBe(4);
  });

  it("CL-31 RFC 3994 §3 says that the user is typing", async () => {
    const { client, stack } = given();
    await client.setComposing(alice, "active");
    await client.setComposing(alice, "idle");
    const states = stack.sent.map(({ body }) => {
      const parsed = parseIsComposing(body);
      return parsed.ok ? parsed.value.state : "malformed";
    });
    expect(states).toEqual(["active", "idle"]);
  });
});
