import { describe, expect, it } from "@jest/globals";
import { createRequest, type SipRequest } from "@heliograph/sip";
import { given as givenClient, settle } from "./given-client.js";

/** Bob's client, and what it takes. */
function given() {
  const { client, stack } = givenClient();
  const taken: (string | undefined)[] = [];
  client.onMessage(({ message }) => void taken.push(message.text));
  const receive = async (method: "MESSAGE" | "OPTIONS", requestUri: string) => {
    const responses = stack.receive(incoming(method, requestUri));
    await settle();
    const [response] = responses;
    if (!response) throw new Error("no answer");
    return response;
  };
  return { receive, taken };
}

function incoming(method: "MESSAGE" | "OPTIONS", requestUri: string): SipRequest {
  return createRequest({
    method,
    requestUri,
    headers: [
      ["Via", "SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK1"],
      ["From", "<sip:alice@example.org>;tag=1"],
      ["To", "<sip:bob@example.org>"],
      ["Call-ID", "c1"],
      ["CSeq", `1 ${method}`],
      ["Content-Type", "text/plain"],
    ],
    body: new TextEncoder().encode("hello"),
  });
}

describe("RFC 3261 §8.2.2.1 the Request-URI of what arrives", () => {
  it.each(["sip:bob@127.0.0.1:4711", "sip:bob@abc.invalid;transport=tcp", "sip:%62ob@127.0.0.1"])(
    "is ours when it names our user: %s",
    async (requestUri) => {
      const { receive, taken } = given();
      expect((await receive("MESSAGE", requestUri)).status).toBe(200);
      expect(taken).toEqual(["hello"]);
    },
  );

  it.each(["sip:carol@127.0.0.1:4711", "sip:Bob@127.0.0.1:4711", "tel:+4912345"])(
    "SHOULD be rejected with a 404 when it names another: %s, who had this port before us",
    async (requestUri) => {
      const { receive, taken } = given();
      expect((await receive("MESSAGE", requestUri)).status).toBe(404);
      expect((await receive("OPTIONS", requestUri)).status).toBe(404);
      expect(taken).toEqual([]);
    },
  );

  it("may name nobody, where only the device is asked", async () => {
    expect((await given().receive("OPTIONS", "sip:127.0.0.1:4711")).status).toBe(200);
  });
});
