import { createSocket } from "node:dgram";
import { connect } from "node:net";
import {
  createResponse,
  formatMessage,
  parseMessage,
  type SipRequest,
  type SipResponse,
  StreamFramer,
} from "@heliograph/sip";

type Message = SipRequest | SipResponse;
type Fields = readonly (readonly [string, string])[];

/** Something that speaks SIP by hand over a socket of its own: every message is what a test says. */
export class SipPeer {
  readonly #arrived: Message[] = [];
  readonly #waiting: {
    readonly matches: (message: Message) => boolean;
    readonly take: (message: Message) => void;
  }[] = [];

  constructor(
    readonly transport: "UDP" | "TCP",
    readonly port: number,
    readonly write: (bytes: Uint8Array) => void,
    readonly close: () => void,
  ) {}

  static async udp(towards: number): Promise<SipPeer> {
    const socket = createSocket("udp4");
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    const { port } = socket.address();
    const write = (bytes: Uint8Array) => socket.send(bytes, towards, "127.0.0.1");
    const peer = new SipPeer("UDP", port, write, () => void socket.close());
    socket.on("message", (bytes) => peer.#take(bytes, "datagram"));
    return peer;
  }

  static async tcp(towards: number): Promise<SipPeer> {
    const socket = connect(towards, "127.0.0.1");
    await new Promise<void>((resolve) => socket.once("connect", () => resolve()));
    const write = (bytes: Uint8Array) => void socket.write(bytes);
    const peer = new SipPeer("TCP", socket.localPort ?? 0, write, () => void socket.destroy());
    const framer = new StreamFramer();
    socket.on("error", () => undefined);
    socket.on("data", (chunk) => {
      for (const framed of framer.push(chunk))
        if (framed.kind === "message") peer.#take(framed.bytes, "stream");
    });
    return peer;
  }

  send(text: string): void {
    this.write(new TextEncoder().encode(text));
  }

  /** The next request of this method that nobody has taken yet. */
  request(method: string): Promise<SipRequest> {
    return this.#next((one): one is SipRequest => one.kind === "request" && one.method === method);
  }

  /** The next response of this status to this method. */
  response(method: string, status: number): Promise<SipResponse> {
    return this.#next(
      (one): one is SipResponse =>
        one.kind === "response" && one.cseq.method === method && one.status === status,
    );
  }

  /** The next final response to this method. */
  final(method: string): Promise<SipResponse> {
    return this.#next(
      (one): one is SipResponse => one.kind === "response" && one.cseq.method === method && one.status >= 200,
    );
  }

  /** What has come and nobody has taken. */
  get untaken(): readonly Message[] {
    return this.#arrived;
  }

  answer(request: SipRequest, status: number, headers: Fields = [], body = ""): SipResponse {
    const response = createResponse(request, status, {
      toTag: `peer${this.port}`,
      headers: [
        ...request.headers.all("Record-Route").map((value) => ["Record-Route", value] as const),
        ...headers,
      ],
      body: new TextEncoder().encode(body),
    });
    this.write(formatMessage(response));
    return response;
  }

  /** Accepts a session. */
  accept(invite: SipRequest, body: string): SipResponse {
    return this.answer(
      invite,
      200,
      [
        ["Contact", this.contact],
        ["Content-Type", "application/sdp"],
      ],
      body,
    );
  }

  get contact(): string {
    return `<sip:peer@127.0.0.1:${this.port}${this.transport === "TCP" ? ";transport=tcp" : ""}>`;
  }

  get via(): string {
    return `SIP/2.0/${this.transport} 127.0.0.1:${this.port};rport;branch=z9hG4bK${(branch += 1)}`;
  }

  #next<T extends Message>(matches: (message: Message) => message is T): Promise<T> {
    const index = this.#arrived.findIndex(matches);
    if (index >= 0) return Promise.resolve(this.#arrived.splice(index, 1)[0] as T);
    return new Promise((resolve) =>
      this.#waiting.push({ matches, take: (message) => resolve(message as T) }),
    );
  }

  #take(bytes: Uint8Array, framing: "datagram" | "stream"): void {
    const message = parseMessage(bytes, { framing });
    if (!message.ok) throw new Error(`the edge sent what is no SIP: ${message.error.reason}`);
    const index = this.#waiting.findIndex(({ matches }) => matches(message.value));
    if (index < 0) this.#arrived.push(message.value);
    else this.#waiting.splice(index, 1)[0]?.take(message.value);
  }
}

let branch = 0;

/** One side of a dialog, by hand. */
export class PeerDialog {
  #cseq = 100;

  private constructor(
    private readonly peer: SipPeer,
    readonly callId: string,
    private readonly local: string,
    private readonly remote: string,
    private readonly target: string,
    private readonly inviteNumber: number,
  ) {}

  /** Of who sent the INVITE. */
  static ofCaller(peer: SipPeer, accepted: SipResponse): PeerDialog {
    const { callId, from, to, cseq } = accepted;
    return new PeerDialog(peer, callId, from.raw, to.raw, contactOf(accepted), cseq.number);
  }

  /** Of who accepted it. */
  static ofCallee(peer: SipPeer, invite: SipRequest, accepted: SipResponse): PeerDialog {
    const { callId, from, to, cseq } = accepted;
    return new PeerDialog(peer, callId, to.raw, from.raw, contactOf(invite), cseq.number);
  }

  ack(body = ""): void {
    this.peer.send(this.text("ACK", { number: this.inviteNumber, body }));
  }

  send(
    method: string,
    more: { readonly fields?: readonly string[]; readonly body?: string; readonly number?: number } = {},
  ): void {
    this.peer.send(this.text(method, more));
  }

  text(
    method: string,
    {
      fields = [],
      body = "",
      number,
    }: { readonly fields?: readonly string[]; readonly body?: string; readonly number?: number },
  ): string {
    const lines = [
      `${method} ${this.target} SIP/2.0`,
      `Via: ${this.peer.via}`,
      "Max-Forwards: 70",
      `From: ${this.local}`,
      `To: ${this.remote}`,
      `Call-ID: ${this.callId}`,
      `CSeq: ${number ?? (this.#cseq += 1)} ${method}`,
      `Contact: ${this.peer.contact}`,
      ...(body === "" ? [] : ["Content-Type: application/sdp"]),
      ...fields,
      `Content-Length: ${new TextEncoder().encode(body).length}`,
    ];
    return `${lines.join("\r\n")}\r\n\r\n${body}`;
  }
}

function contactOf({ headers }: Message): string {
  return /<([^>]*)>/.exec(headers.get("Contact") ?? "")?.[1] ?? "";
}
