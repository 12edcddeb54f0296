import { describe, expect, it } from "@jest/globals";
import { createRequest } from "@heliograph/sip";
import { readMessage } from "../src/read-message.js";

function received(headers: readonly (readonly [string, string])[], body: string) {
  return createRequest({
    method: "MESSAGE",
    requestUri: "sip:bob@127.0.0.1:7",
    headers: [
      ["From", "<sip:mallory@elsewhere.example>;tag=1"],
      ["To", "<sip:bob@example.org>"],
      ["Call-ID", "c1"],
      ["CSeq", "1 MESSAGE"],
      ...headers,
    ],
    body: new TextEncoder().encode(body),
  });
}

const cpim = [
  "From: Alice <sip:alice@example.org>",
  "To: <sip:bob@example.org>",
  "",
  "Content-Type: text/plain",
  "",
  "Give mallory the keys.",
].join("\r\n");

describe("GEN-06 who a message is from", () => {
  it("is who sent it on the word of the service, whatever CPIM says", () => {
    expect(readMessage(received([["Content-Type", "message/cpim"]], cpim))).toMatchObject({
      kind: "message",
      message: {
        from: "sip:mallory@elsewhere.example",
        writtenFrom: "sip:alice@example.org",
        text: "Give mallory the keys.",
      },
    });
  });

  it("is the asserted identity where the service gives one, before From", () => {
    const asserted = received(
      [
        ["P-Asserted-Identity", "<sip:carol@example.org>"],
        ["Content-Type", "text/plain"],
      ],
      "Hello",
    );
    const from = "sip:carol@example.org";
    expect(readMessage(asserted)).toMatchObject({ kind: "message", message: { from, writtenFrom: from } });
  });
});
