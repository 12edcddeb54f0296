import { setTimeout as wait } from "node:timers/promises";
import { type Client, createClient, type Sent } from "@heliograph/client";
import type { HeliographServer } from "@heliograph/testkit";

/** What became of one message, as its sender saw it. */
export interface Sending {
  readonly text: string;
  readonly to: string;
  readonly startedMs: number;
  readonly endedMs: number;
  readonly sent: Sent;
}

const pauseMs = 60;
const pairs = 3;

/**
 * Real clients that write to each other all the time: some recipients are online, one is away until `comeBack`. Every
 * 2xx is a promise, and at the end it is counted who keeps it.
 */
export class SteadyLoad {
  readonly sendings: Sending[] = [];
  readonly #copies = new Map<string, Set<string>>();
  readonly #online: Client[] = [];
  readonly #senders: Client[] = [];
  readonly #running: Promise<void>[] = [];
  #isOver = false;

  private constructor(
    private readonly server: HeliographServer,
    private readonly name: string,
  ) {}

  /** Adds the users, registers the recipients that are online, and starts. */
  static async start(server: HeliographServer, name: string): Promise<SteadyLoad> {
    const load = new SteadyLoad(server, name);
    for (let pair = 0; pair <= pairs; pair += 1) {
      await load.#addUser(`s${pair}`);
      await load.#addUser(`r${pair}`);
      if (pair > 0) await load.#register(`r${pair}`);
    }
    for (let pair = 0; pair <= pairs; pair += 1) load.#running.push(load.#write(pair));
    return load;
  }

  /** Who is not there until `comeBack`. */
  get awayUser(): string {
    return this.#aor("r0");
  }

  /** No more messages; waits for the answers that are due. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#running);
  }

  /** Every recipient registers, as devices do now and then, and the one who was away too. */
  async comeBack(): Promise<void> {
    for (const client of this.#online) await mustRegister(client);
    if (this.#online.length === pairs) await this.#register("r0");
  }

  /** One message from a new device to somebody who is online; what became of it. */
  async probe(): Promise<Sent> {
    const sender = this.#client("s1");
    const text = `${this.name}-probe-${this.sendings.length}-${Date.now()}`;
    const to = this.#aor("r1");
    try {
      const startedMs = performance.now();
      await sender.open();
      const sent = await sender.sendText(to, text);
      this.sendings.push({ text, to, startedMs, endedMs: performance.now(), sent });
      return sent;
    } finally {
      await sender.dropOff();
    }
  }

  /** Texts that were answered with a 2xx and that no device has. */
  get missing(): readonly string[] {
    return this.sendings
      .filter(({ sent, text }) => sent.kind === "accepted" && !this.#copies.has(text))
      .map(({ text }) => text);
  }

  /** Texts that came as more than one message: under more than one Call-ID. */
  get duplicated(): readonly string[] {
    return [...this.#copies].filter(([, callIds]) => callIds.size > 1).map(([text]) => text);
  }

  async leave(): Promise<void> {
    this.#isOver = true;
    await Promise.allSettled([...this.#online, ...this.#senders].map((client) => client.dropOff()));
  }

  async #write(pair: number): Promise<void> {
    const sender = this.#client(`s${pair}`);
    this.#senders.push(sender);
    await sender.open();
    const to = this.#aor(`r${pair}`);
    for (let count = 0; !this.#isOver; count += 1) {
      const text = `${this.name}-${pair}-${count}`;
      const startedMs = performance.now();
      const sent = await sender.sendText(to, text);
      this.sendings.push({ text, to, startedMs, endedMs: performance.now(), sent });
      await wait(pauseMs);
    }
  }

  async #register(user: string): Promise<void> {
    const client = this.#client(user);
    client.onMessage(({ message: { text = "", callId } }) => {
      const callIds = this.#copies.get(text) ?? new Set();
      this.#copies.set(text, callIds.add(callId));
    });
    this.#online.push(client);
    await mustRegister(client);
  }

  #client(user: string): Client {
    return createClient({
      aor: this.#aor(user),
      password: "secret",
      server: this.server.uri("udp"),
      expiresS: 600,
    });
  }

  #aor(user: string): string {
    return `sip:${this.name}-${user}@127.0.0.1`;
  }

  #addUser(user: string): Promise<void> {
    return this.server.addUser(this.#aor(user), "secret");
  }
}

async function mustRegister(client: Client): Promise<void> {
  const registered = await client.register();
  if (registered.kind !== "registered") throw new Error(`not registered: ${JSON.stringify(registered)}`);
}
