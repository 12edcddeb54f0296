import { setTimeout as wait } from "node:timers/promises";
import { type Client, createClient, type SendOptions } from "@heliograph/client";
import type { HeliographServer } from "@heliograph/testkit";
import type { Ledger } from "./ledger.js";

/** The people of a run. */
export interface People {
  /** Registers everybody again, as a device does that is unsure whether it still is. */
  reregister(): Promise<void>;
  /** Everybody is online from now on. */
  gather(): Promise<void>;
  leave(): Promise<void>;
}

interface Parts {
  readonly server: HeliographServer;
  readonly ledger: Ledger;
  readonly random: () => number;
  readonly pairs: number;
  /** Aborted when no more messages are to be sent. */
  readonly until: AbortSignal;
  /** Hears what a person who looks for a fault wants to know. */
  readonly report: (text: string) => void;
}

const betweenMessagesMs = 40;
const reregisterEveryMs = 2_000;

/**
 * Pairs of a sender and a recipient. The sender sends one message after the other; the recipient answers, writes down
 * what the wire said, and now and then is offline for a while.
 */
export async function bringPeople(parts: Parts): Promise<People> {
  const { server, ledger, random, pairs, until } = parts;
  const numbers = Array.from({ length: pairs }, (_, number) => number);
  const recipients = await Promise.all(numbers.map((number) => Recipient.come(parts, number)));
  const senders = await Promise.all(numbers.map((number) => newClient(server, `s${number}`, number)));
  await Promise.all(senders.map((sender) => sender.open()));
  const sending = senders.map((sender, number) => sendOn(sender, { ledger, random, number, until }));
  const living = recipients.map((recipient) => recipient.liveOn(random, until));
  return {
    reregister: async () => void (await Promise.all(recipients.map((recipient) => recipient.register()))),
    gather: async () => {
      await Promise.all([...sending, ...living]);
      await Promise.all(recipients.map((recipient) => recipient.comeBack()));
    },
    leave: async () => {
      await Promise.allSettled([
        ...recipients.map((recipient) => recipient.go()),
        ...senders.map((one) => one.dropOff()),
      ]);
    },
  };
}

/** One device that answers honestly: its 200 goes out after the message is in the ledger. */
class Recipient {
  #client: Client | undefined;

  private constructor(
    private readonly parts: Pick<Parts, "server" | "ledger" | "report">,
    private readonly number: number,
  ) {}

  static async come(parts: Parts, number: number): Promise<Recipient> {
    const recipient = new Recipient(parts, number);
    await recipient.comeBack();
    return recipient;
  }

  async comeBack(): Promise<void> {
    if (!this.#client) {
      const recipient = `r${this.number}`;
      const client = await newClient(this.parts.server, recipient, this.number);
      client.onMessage(({ message }) => {
        const { callId, cseq, messageId, text } = message;
        this.parts.ledger.arrive(text ?? "", { recipient, callId, cseq, messageId });
      });
      this.#client = client;
    }
    await this.register();
  }

  async register(): Promise<void> {
    const registered = await this.#client?.register();
    if (!registered || registered.kind === "registered") return;
    this.parts.report(`  r${this.number} is not registered: ${registered.reason}`);
  }

  async go(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.dropOff();
  }

  /** Stays registered; now and then drops off without a word and comes back later. */
  async liveOn(random: () => number, until: AbortSignal): Promise<void> {
    while (!until.aborted) {
      await wait(reregisterEveryMs * (0.5 + random()));
      if (random() < 0.15) {
        await this.go();
        await wait(3_000 * random());
        await this.comeBack();
      } else {
        await this.register();
      }
    }
  }
}

interface Sending {
  readonly ledger: Ledger;
  readonly random: () => number;
  readonly number: number;
  readonly until: AbortSignal;
}

/** One half of the people sends message/cpim with a Message-ID, the other plain text, which is known by Call-ID and CSeq. */
const wrapped: SendOptions = { wants: ["negative-delivery"] };
const plain: SendOptions = {};

async function sendOn(sender: Client, { ledger, random, number, until }: Sending): Promise<void> {
  for (let count = 0; !until.aborted; count += 1) {
    const id = `m-${number}-${count}`;
    const answered = ledger.submit(id, `r${number}`);
    const sent = await sender.sendText(`sip:r${number}@127.0.0.1`, id, number % 2 === 0 ? wrapped : plain);
    answered(sent.kind === "accepted");
    await wait(sent.kind === "accepted" ? betweenMessagesMs * random() * 2 : 200);
  }
}

async function newClient(server: HeliographServer, name: string, number: number): Promise<Client> {
  return createClient({
    aor: `sip:${name}@127.0.0.1`,
    password: "secret",
    server: server.uri(number % 3 === 2 ? "tcp" : "udp"),
    expiresS: 120,
  });
}
