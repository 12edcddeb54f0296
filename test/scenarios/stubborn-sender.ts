import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";

const againMs = 1_000;

/** How a message is asked about again: as a retransmission, or as a transaction of its own with the same Call-ID and CSeq. */
type Again = "same branch" | "new branch";

interface Text {
  readonly to: string;
  readonly text: string;
  readonly again: Again;
}

/**
 * Somebody of another network who sends over UDP, and says the same message again until there is an answer, whatever
 * the network says in the meantime.
 */
export class StubbornSender {
  readonly #answers = new Map<string, (status: number) => void>();
  #sent = 0;

  private constructor(
    private readonly socket: Socket,
    private readonly port: number,
  ) {
    socket.on("message", (datagram) => this.#take(datagram.toString("latin1")));
  }

  static async open(serverPort: number): Promise<StubbornSender> {
    const socket = createSocket("udp4");
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    return new StubbornSender(socket, serverPort);
  }

  /** Settles with the status of the final answer. A 482 says that the first request is still at work: it is asked again. */
  async send(message: Text): Promise<number> {
    const callId = `stubborn-${(this.#sent += 1)}`;
    for (let attempt = 0; ; attempt += 1) {
      const branch = message.again === "same branch" ? callId : `${callId}-${attempt}`;
      this.socket.send(this.#format(message, callId, branch), this.port, "127.0.0.1");
      const status = await this.#answer(callId);
      if (status !== undefined && status !== 482) return status;
    }
  }

  close(): void {
    this.socket.close();
  }

  #answer(callId: string): Promise<number | undefined> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(undefined), againMs);
      this.#answers.set(callId, (status) => {
        if (status === 482) return;
        clearTimeout(timer);
        resolve(status);
      });
    });
  }

  #take(response: string): void {
    const status = Number(/^SIP\/2\.0 (\d{3}) /.exec(response)?.[1]);
    const callId = /^Call-ID: *(\S+)/im.exec(response)?.[1] ?? "";
    if (status >= 200) this.#answers.get(callId)?.(status);
  }

  #format({ to, text }: Text, callId: string, branch: string): string {
    const { address, port } = this.socket.address();
    const lines = [
      `MESSAGE ${to} SIP/2.0`,
      `Via: SIP/2.0/UDP ${address}:${port};branch=z9hG4bK-${branch};rport`,
      "Max-Forwards: 70",
      "From: <sip:zoe@elsewhere.test>;tag=z1",
      `To: <${to}>`,
      `Call-ID: ${callId}`,
      "CSeq: 1 MESSAGE",
      "Content-Type: text/plain",
      `Content-Length: ${Buffer.byteLength(text)}`,
    ];
    return `${lines.join("\r\n")}\r\n\r\n${text}`;
  }
}
