import { type Client, type ClientOptions, createClient, type Receipt } from "@heliograph/client";
import type { HeliographServer } from "@heliograph/testkit";

export type Transport = "udp" | "tcp" | "tls" | "ws" | "wss";

/** What a device took, in the order in which it came. */
export interface Taken {
  readonly text: string;
  readonly callId: string;
  readonly messageId: string | undefined;
  readonly isRepeat: boolean;
}

/** A user's device with a memory. */
export class Person {
  readonly taken: Taken[] = [];
  readonly receipts: Receipt[] = [];
  readonly client: Client;
  /** Looks at a message before it is answered; a rejection leaves it unanswered for good. */
  onTake: (taken: Taken) => Promise<void> = () => Promise.resolve();

  constructor(
    server: HeliographServer,
    name: string,
    options: Partial<ClientOptions> & { transport: Transport },
  ) {
    this.client = createClient({
      aor: aorOf(name),
      password: name,
      server: server.uri(options.transport),
      verifiesCertificate: false,
      ...options,
    });
    this.client.onReceipt((receipt) => this.receipts.push(receipt));
    this.client.onMessage(async ({ message, isRepeat }) => {
      const { text = "", callId, messageId } = message;
      await this.onTake({ text, callId, messageId, isRepeat });
      this.taken.push({ text, callId, messageId, isRepeat });
      void this.client.markDisplayed(message);
    });
  }

  get texts(): readonly string[] {
    return this.taken.map(({ text }) => text);
  }

  /** The receipts for one message, each as its status. */
  receiptsFor(messageId: string): readonly string[] {
    return this.receipts.filter((one) => one.messageId === messageId).map(({ status }) => status);
  }

  async register(): Promise<this> {
    const registered = await this.client.register();
    if (registered.kind !== "registered") throw new Error(`not registered: ${JSON.stringify(registered)}`);
    return this;
  }

  /** Sends a text that must be accepted with a status; the Message-ID. */
  async send(
    to: string,
    text: string,
    status: 200 | 202,
    wants: Parameters<Client["sendText"]>[2] = {},
  ): Promise<string> {
    const sent = await this.client.sendText(aorOf(to), text, wants);
    if (sent.kind !== "accepted" || sent.status !== status) {
      throw new Error(`"${text}" was answered ${JSON.stringify(sent)}, and ${status} was due`);
    }
    return sent.messageId;
  }
}

export const aorOf = (name: string): string => `sip:${name}@127.0.0.1`;
