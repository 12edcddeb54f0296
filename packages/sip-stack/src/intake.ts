import {
  type Channel,
  createResponse,
  type Flow,
  formatMessage,
  type Framing,
  type MalformedMessage,
  type ParseLimits,
  parseMessage,
  type SipRequest,
  type SipResponse,
  type TransactionLayer,
  type Via,
} from "@heliograph/sip";
import type { Inbox, Peer } from "./peer.js";
import type { StackCounters } from "./stack-counters.js";
import { replyPortOf, stampVia } from "./stamp-via.js";
import type { SteadyTag } from "./steady-tag.js";
import { StreamReply } from "./stream-reply.js";
import type { Transports } from "./transports.js";
import { UdpPeer } from "./udp-peer.js";

/** What stands between the transports and the transactions. */
export interface IntakeParts {
  readonly layer: TransactionLayer;
  readonly transports: Transports;
  readonly counters: StackCounters;
  /** Undefined for the parser's own: then it has nothing to merge for every message. */
  readonly limits: Partial<ParseLimits> | undefined;
  readonly tags: SteadyTag;
}

/** Where the answer to a request goes, and whose request it is. */
export type ReplyChannel = Channel & { readonly flow: Flow };

type ParseOptions = NonNullable<Parameters<typeof parseMessage>[1]>;

/** Whether a channel is one that the intake made for a request. */
export function isReplyChannel(channel: Channel): channel is ReplyChannel {
  return "flow" in channel;
}

/** Reads what arrives and takes it to its transaction; answers what is malformed. @spec rfc3261#18.2.1 @spec rfc3261#18.1.2 */
export class Intake implements Inbox {
  readonly #parts: IntakeParts;
  readonly #framings: Readonly<Record<Framing, ParseOptions>>;

  constructor(parts: IntakeParts) {
    this.#parts = parts;
    const limits = parts.limits ? { limits: parts.limits } : {};
    this.#framings = {
      datagram: { ...limits, framing: "datagram" },
      stream: { ...limits, framing: "stream" },
      websocket: { ...limits, framing: "websocket" },
    };
  }

  take(bytes: Uint8Array, peer: Peer): void {
    const parsed = parseMessage(bytes, this.#framings[framingOf(peer)]);
    if (!parsed.ok) this.refuse(parsed.error, peer);
    else if (parsed.value.kind === "request") this.#takeRequest(parsed.value, peer);
    else this.#takeResponse(parsed.value, peer);
  }

  /** Answers a malformed request as far as it can be; a malformed response, or ACK, is dropped. @spec rfc3261#18.3 */
  refuse({ answerable, status, reason }: MalformedMessage, peer: Peer): void {
    const { counters, tags } = this.#parts;
    if (!answerable || answerable.method === "ACK") {
      counters.malformedDropped += 1;
      return;
    }
    counters.malformedAnswered += 1;
    counters.ownResponses += 1;
    const request = stampVia(answerable, peer);
    const response = createResponse(request, status, { reason, toTag: tags.of(answerable) });
    this.#replyChannel(answerable.via, peer).send(formatMessage(response));
  }

  #takeRequest(received: SipRequest, peer: Peer): void {
    this.#parts.counters.requestsReceived += 1;
    const request = stampVia(received, peer);
    this.#parts.layer.receive(request, this.#replyChannel(received.via, peer));
  }

  #takeResponse(response: SipResponse, peer: Peer): void {
    const { counters, layer, transports } = this.#parts;
    counters.responsesReceived += 1;
    if (transports.isOurs(response.via, peer)) layer.receive(response, peer);
    else counters.foreignResponses += 1;
  }

  #replyChannel(via: Via, peer: Peer): ReplyChannel {
    if (!(peer instanceof UdpPeer)) return new StreamReply(peer, via, this.#parts.transports.dialler);
    peer.sendPort = replyPortOf(via, peer.remotePort);
    return peer;
  }
}

function framingOf({ transport }: Peer): Framing {
  switch (transport) {
    case "udp":
      return "datagram";
    case "tcp":
    case "tls":
      return "stream";
    default:
      return "websocket";
  }
}
