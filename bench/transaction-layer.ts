import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import {
  type Channel,
  type ClientUser,
  createRequest,
  createResponse,
  formatMessage,
  type LayerUser,
  type SipRequest,
  type SipResponse,
  TransactionLayer,
} from "@heliograph/sip";
import { FakeClock } from "@heliograph/testkit";

/** What the transaction layer costs, at 5,000 relayed requests a second over UDP that each stay for 32 s. */
export interface TransactionLayerFigures {
  /** CPU for a server and a client transaction from the request to the end of both, without parsing and formatting. */
  readonly microsPerPair: number;
  /** CPU to format the request that goes out and the response, which happens inside the layer. */
  readonly formatMicrosPerPair: number;
  /** Memory of a server transaction in Completed, its response of 330 bytes included. */
  readonly bytesPerServerTransaction: number;
  /** Memory of a client transaction in Completed. */
  readonly bytesPerClientTransaction: number;
}

const perSecond = 5_000;
const perBatch = 50;
const headers = (branch: string): [string, string][] => [
  ["Via", `SIP/2.0/UDP 192.0.2.17:49152;branch=${branch};rport`],
  ["Max-Forwards", "70"],
  ["From", "<sip:alice@example.com>;tag=7a1c0f2e"],
  ["To", "<sip:bob@example.com>"],
  ["Call-ID", `${branch.slice(7)}@192.0.2.17`],
  ["CSeq", "1 MESSAGE"],
  ["User-Agent", "bench"],
  ["Content-Type", "text/plain"],
];

/** One relayed message: what comes in, what goes out, and the answers. */
interface Relayed {
  readonly incoming: SipRequest;
  readonly outgoing: SipRequest;
  readonly answer: SipResponse;
  readonly relayedAnswer: SipResponse;
}

/** Measures in simulated time; 40 s of it fill the layer and empty it continuously. */
export function benchTransactionLayer({ seconds = 60 } = {}): TransactionLayerFigures {
  measureCpu(8);
  const { micros, formatMicros } = measureCpu(seconds);
  const { server, client } = measureMemory();
  return {
    microsPerPair: micros - formatMicros,
    formatMicrosPerPair: formatMicros,
    bytesPerServerTransaction: server,
    bytesPerClientTransaction: client,
  };
}

/**
 * The median second, because the machine may be busy with something else. Messages are made as they come, 10 ms at a
 * time, so that they die as young as they do in a server.
 */
function measureCpu(seconds: number): { readonly micros: number; readonly formatMicros: number } {
  const relay = new Relay();
  const [whole, format]: [number[], number[]] = [[], []];
  for (let second = 0; second < seconds; second += 1) {
    let [wholeMicros, formatMicros] = [0, 0];
    for (let start = 0; start < perSecond; start += perBatch) {
      const batch = relayed(second * perSecond + start, perBatch);
      wholeMicros += cpuOf(() => relayBatch(relay, batch));
      formatMicros += cpuOf(() => formatBatch(batch));
    }
    whole.push(wholeMicros / perSecond);
    format.push(formatMicros / perSecond);
  }
  return { micros: medianOf(whole), formatMicros: medianOf(format) };
}

function relayBatch(relay: Relay, batch: readonly Relayed[]): void {
  for (const message of batch) relay.take(message);
  relay.clock.advance(10);
}

function formatBatch(batch: readonly Relayed[]): void {
  for (const { outgoing, relayedAnswer } of batch) {
    formatMessage(outgoing);
    formatMessage(relayedAnswer);
  }
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** The 32 s of answered requests, and the 5 s of answers, that a busy layer holds. */
function measureMemory(): { readonly server: number; readonly client: number } {
  const relay = new Relay();
  relay.isAsking = false;
  const before = heldBytes();
  for (let second = 0; second < 32; second += 1) {
    for (const message of relayed(second * perSecond, perSecond)) relay.take(message);
    relay.clock.advance(999);
  }
  const server = (heldBytes() - before) / relay.layer.serverCount;
  relay.isAsking = true;
  relay.isServing = false;
  const between = heldBytes();
  for (const message of relayed(40 * perSecond, 20 * perSecond)) relay.take(message);
  const client = (heldBytes() - between) / relay.layer.clientCount;
  relay.layer.close();
  return { server, client };
}

/** A user of the layer that relays every request over UDP and every answer back. */
class Relay {
  readonly clock = new FakeClock();
  readonly layer: TransactionLayer;
  isAsking = true;
  isServing = true;
  #message: Relayed | undefined;
  readonly #channel: Channel = { isReliable: false, send: () => undefined };

  constructor() {
    const user: LayerUser = {
      onRequest: (_request, transaction, channel) => {
        const message = this.#message;
        if (message === undefined) return;
        const answer = { respond: () => transaction.respond(message.relayedAnswer) };
        if (this.isAsking) this.#ask(message, channel, answer.respond);
        else answer.respond();
      },
      onStray: () => undefined,
    };
    this.layer = new TransactionLayer({ clock: this.clock, chance: { token: () => "tag" }, user });
  }

  take(message: Relayed): void {
    this.#message = message;
    if (this.isServing) this.layer.receive(message.incoming, this.#channel);
    else this.#ask(message, this.#channel, () => undefined);
    if (this.isAsking) this.layer.receive(message.answer, this.#channel);
  }

  #ask(message: Relayed, channel: Channel, respond: () => void): void {
    const user: ClientUser = {
      onResponse: respond,
      onTimeout: () => undefined,
      onTransportError: () => undefined,
    };
    this.layer.request(message.outgoing, channel, user);
  }
}

/** Messages read as far as the layer reads them: parsing is measured elsewhere. */
function relayed(first: number, count: number): Relayed[] {
  return Array.from({ length: count }, (_, index) => {
    const name = `${(first + index).toString(36).padStart(8, "0")}c9f3a1`;
    const incoming = requestOf(`z9hG4bKin${name}`);
    const outgoing = requestOf(`z9hG4bKout${name}`);
    const answer = createResponse(outgoing, 200, { toTag: "9f2c" });
    const relayedAnswer = createResponse(incoming, 200, { toTag: "9f2c" });
    for (const message of [incoming, outgoing, answer]) read(message);
    return { incoming, outgoing, answer, relayedAnswer };
  });
}

function requestOf(branch: string): SipRequest {
  return createRequest({
    method: "MESSAGE",
    requestUri: "sip:bob@192.0.2.99:5060",
    headers: headers(branch),
  });
}

function read(message: SipRequest | SipResponse): readonly unknown[] {
  return [message.via.branch, message.cseq.number, message.callId];
}

function cpuOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

function heldBytes(): number {
  collect();
  collect();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
