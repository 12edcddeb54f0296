import {
  type Framing,
  type MalformedMessage,
  parseMessage,
  type ParseLimits,
  SipRequest,
  SipResponse,
} from "@heliograph/sip";

/** Text (one character a byte) or bytes, as a request; fails the test where they are not one. */
export function parsedRequest(message: string | Uint8Array, framing: Framing = "datagram"): SipRequest {
  const parsed = parseMessage(toBytes(message), { framing });
  if (parsed.ok && parsed.value instanceof SipRequest) return parsed.value;
  throw new Error(`not a request: ${JSON.stringify(parsed.ok ? parsed.value.kind : parsed.error)}`);
}

/** Text or bytes as a response; fails the test where they are not one. */
export function parsedResponse(message: string | Uint8Array): SipResponse {
  const parsed = parseMessage(toBytes(message), { framing: "datagram" });
  if (parsed.ok && parsed.value instanceof SipResponse) return parsed.value;
  throw new Error(`not a response: ${JSON.stringify(parsed.ok ? parsed.value.kind : parsed.error)}`);
}

/** What is wrong with text or bytes; fails the test where nothing is. */
export function malformed(
  message: string | Uint8Array,
  framing: Framing = "datagram",
  limits: Partial<ParseLimits> = {},
): MalformedMessage {
  const parsed = parseMessage(toBytes(message), { framing, limits });
  if (!parsed.ok) return parsed.error;
  throw new Error("the message was accepted");
}

/** A MESSAGE whose fields a test changes: undefined takes one out. */
export function messageText(fields: Record<string, string | undefined> = {}, body = ""): string {
  const all: Record<string, string | undefined> = {
    Via: "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKabc;rport",
    "Max-Forwards": "70",
    From: '"Alice" <sip:alice@example.com>;tag=a1',
    To: "<sip:bob@example.com>",
    "Call-ID": "c1@192.0.2.1",
    CSeq: "1 MESSAGE",
    ...fields,
  };
  const lines = Object.entries(all).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${value}\r\n`],
  );
  return `MESSAGE sip:bob@example.com SIP/2.0\r\n${lines.join("")}\r\n${body}`;
}

export function toBytes(message: string | Uint8Array): Uint8Array {
  return typeof message === "string" ? Buffer.from(message, "utf8") : message;
}
