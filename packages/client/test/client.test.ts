import { describe, expect, it } from "@jest/globals";
import { createRequest, type IncomingRequest, type SipResponse, type SipStack } from "@heliograph/sip";
import { FakeClock, PredictableChance } from "@heliograph/testkit";
import { Client } from "../src/client.js";
import type { ClientRegistration } from "../src/registration.js";

/** Bob's client on a stack that the test plays. */
function given() {
  let arrive: (incoming: IncomingRequest) => void = () => undefined;
  const stack = { onRequest: (take: typeof arrive) => (arrive = take) } as unknown as SipStack;
  const client = new Client({
    stack,
    send: () => Promise.resolve({ kind: "silent" }),
    registration: {} as ClientRegistration,
    clock: new FakeClock(),
    chance: new PredictableChance(),
    aor: "sip:bob@example.org",
    displayName: undefined,
    target: () => ({ kind: "uri", uri: "sip:example.org" }),
  });
  const taken: (string | undefined)[] = [];
  client.onMessage(({ message }) => void taken.push(message.text));
  const receive = (method: "MESSAGE" | "OPTIONS", requestUri: string) =>
    new Promise<SipResponse>((respond) => arrive(incoming(method, requestUri, respond)));
  return { receive, taken };
}

function incoming(
  method: "MESSAGE" | "OPTIONS",
  requestUri: string,
  respond: (response: SipResponse) => void,
): IncomingRequest {
  const request = createRequest({
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
  return { request, respond } as unknown as IncomingRequest;
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
