import { FakeClock, PredictableChance } from "@heliograph/testkit";
import type { Channel, SipRequest, SipResponse } from "@heliograph/sip";
import { createRequest, createResponse } from "@heliograph/sip";
import { Alarms } from "../src/transaction/alarms.js";
import type { ClientEnvironment } from "../src/transaction/client-transaction.js";
import { KeptResponses } from "../src/transaction/kept-responses.js";
import type { ServerEnvironment } from "../src/transaction/server-transaction.js";

const decoder = new TextDecoder();

export function requestOf(method: string, changes: { readonly [part: string]: string } = {}): SipRequest {
  const {
    branch = "z9hG4bKabc",
    sentBy = "client.example.com:5061",
    toTag,
    fromTag = "from",
    callId = "call",
  } = changes;
  const { uri = "sip:bob@example.com", cseq = "7", via, route } = changes;
  return createRequest({
    method,
    requestUri: uri,
    headers: [
      ["Via", via ?? `SIP/2.0/UDP ${sentBy};branch=${branch}`],
      ...(route === undefined ? [] : [["Route", route] as const]),
      ["Max-Forwards", "70"],
      ["From", `<sip:alice@example.com>;tag=${fromTag}`],
      ["To", toTag === undefined ? "<sip:bob@example.com>" : `<sip:bob@example.com>;tag=${toTag}`],
      ["Call-ID", callId],
      ["CSeq", `${cseq} ${changes["cseqMethod"] ?? method}`],
    ],
  });
}

export function answerTo(request: SipRequest, status: number, toTag = "to"): SipResponse {
  return createResponse(request, status, status === 100 ? {} : { toTag });
}

/** A channel that writes down what goes out: methods and status codes. */
export class NotingChannel implements Channel {
  readonly sent: string[] = [];
  readonly texts: string[] = [];
  readonly #onError: (((reason: string) => void) | undefined)[] = [];

  constructor(readonly isReliable = false) {}

  send(bytes: Uint8Array, onError?: (reason: string) => void): void {
    const text = decoder.decode(bytes);
    if (this.texts.push(text) > 1_000) throw new Error("sends without end");
    this.sent.push(text.startsWith("SIP/2.0") ? text.slice(8, 11) : text.slice(0, text.indexOf(" ")));
    this.#onError.push(onError);
  }

  /** Reports that what was sent as number `index` did not get through. */
  lose(index = -1, reason = "lost"): void {
    this.#onError.at(index)?.(reason);
  }
}

/** What a server transaction's driver needs, and a record of what it did. */
export function serverSide({ isReliable = false } = {}) {
  const clock = new FakeClock();
  const channel = new NotingChannel(isReliable);
  const told: string[] = [];
  const kept = new KeptResponses();
  const environment: ServerEnvironment = {
    alarms: new Alarms(clock),
    chance: new PredictableChance("tag"),
    kept,
    settled: () => void told.push("settled"),
    ended: () => void told.push("ended"),
    acknowledged: (_transaction, ack) => void told.push(`${ack.method} passed`),
    cancelled: () => void told.push("cancelled"),
    failed: (_transaction, reason) => void told.push(`failed: ${reason}`),
    awaitsAck: (_transaction, key) => void told.push(`awaits ${key}`),
  };
  return { clock, channel, told, kept, environment, sent: channel.sent };
}

/** What a client transaction's driver needs, and a record of what it did. */
export function clientSide({ isReliable = false } = {}) {
  const clock = new FakeClock();
  const channel = new NotingChannel(isReliable);
  const told: string[] = [];
  const cancels: SipRequest[] = [];
  const environment: ClientEnvironment = {
    alarms: new Alarms(clock),
    settled: () => void told.push("settled"),
    ended: () => void told.push("ended"),
    sendCancel: (cancel) => {
      cancels.push(cancel);
      channel.sent.push("CANCEL");
    },
  };
  const user = {
    onResponse: (response: SipResponse) => void told.push(String(response.status)),
    onTimeout: () => void told.push("timeout"),
    onTransportError: (reason: string) => void told.push(`error: ${reason}`),
  };
  return { clock, channel, told, cancels, environment, user, sent: channel.sent };
}
