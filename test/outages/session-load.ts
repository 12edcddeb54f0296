import { setTimeout as wait } from "node:timers/promises";
import { type Client, createClient, type Session, type SessionOpened } from "@heliograph/client";
import type { HeliographServer } from "@heliograph/testkit";
import { within } from "./outage.js";

/** What became of one message in a session, as its sender saw it. */
export interface Saying {
  readonly text: string;
  readonly startedMs: number;
  readonly kind: "sent" | "refused" | "lost";
}

/** What became of one INVITE. */
export interface Calling {
  readonly startedMs: number;
  readonly endedMs: number;
  readonly opened: SessionOpened;
}

/** A session as its two people have it. */
export interface Pair {
  readonly caller: Session;
  readonly callee: Session;
}

const pairs = 4;
const betweenMessagesMs = 120;
const betweenCallsMs = 700;
const ringMs = 12_000;

/** People who talk in sessions all the time, and one who calls somebody again and again. */
export class SessionLoad {
  readonly sayings: Saying[] = [];
  readonly callings: Calling[] = [];
  readonly talks: Pair[] = [];
  /** Sessions in which nobody says anything. */
  readonly silent: Pair[] = [];
  readonly #heard = new Set<string>();
  readonly #clients = new Map<string, Client>();
  readonly #taken = new Map<string, Session>();
  readonly #running: Promise<void>[] = [];
  #isOver = false;
  #count = 0;

  private constructor(
    private readonly server: HeliographServer,
    private readonly name: string,
  ) {}

  /** Adds and registers everybody, opens the sessions, and starts. */
  static async start(server: HeliographServer, name: string): Promise<SessionLoad> {
    const load = new SessionLoad(server, name);
    for (let pair = 0; pair <= pairs; pair += 1) {
      for (const user of [`c${pair}`, `d${pair}`]) await load.#come(user);
    }
    for (let pair = 0; pair < pairs; pair += 1) {
      load.talks.push(await load.#pair(pair));
      load.silent.push(await load.#pair(pair));
    }
    for (const { caller, callee } of load.talks) {
      load.#running.push(load.#talk(caller), load.#talk(callee));
    }
    load.#running.push(load.#callAgain());
    return load;
  }

  /** Texts that were answered with 200 and that the other side has not heard. */
  get missing(): readonly string[] {
    return this.sayings.flatMap(({ kind, text }) =>
      kind === "sent" && !this.#heard.has(text) ? [text] : [],
    );
  }

  /** Everybody registers, as devices do now and then. */
  async register(): Promise<void> {
    for (const client of this.#clients.values()) {
      const registered = await client.register();
      if (registered.kind !== "registered") throw new Error(`not registered: ${JSON.stringify(registered)}`);
    }
  }

  /** Calls, says a word and ends the session; whether the word has come. */
  async probe(): Promise<boolean> {
    const { opened } = await this.#call();
    if (opened.kind !== "established") return false;
    const said = await this.#say(opened.session);
    await opened.session.close();
    return said.kind === "sent" && this.#heard.has(said.text);
  }

  /** Nobody says anything, or calls, any more; what is due has come. */
  async fallSilent(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#running);
  }

  async leave(): Promise<void> {
    this.#isOver = true;
    await Promise.allSettled([...this.#clients.values()].map((client) => client.dropOff()));
  }

  async #talk(session: Session): Promise<void> {
    while (!this.#isOver && !session.isOver) {
      await this.#say(session);
      await wait(betweenMessagesMs);
    }
  }

  async #say(session: Session): Promise<Saying> {
    const text = `${this.name} ${(this.#count += 1)}`;
    const startedMs = performance.now();
    const { kind } = await session.sendText(text);
    const said = { text, startedMs, kind };
    this.sayings.push(said);
    return said;
  }

  async #callAgain(): Promise<void> {
    while (!this.#isOver) {
      const { opened } = await this.#call();
      if (opened.kind === "established") await opened.session.close();
      await wait(betweenCallsMs);
    }
  }

  async #call(): Promise<Calling> {
    const startedMs = performance.now();
    const opened = await this.#client(`c${pairs}`).openSession(this.#aor(`d${pairs}`), { ringMs });
    const calling = { startedMs, endedMs: performance.now(), opened };
    this.callings.push(calling);
    return calling;
  }

  async #pair(pair: number): Promise<Pair> {
    const subject = `${this.name}-${(this.#count += 1)}`;
    const opened = await this.#client(`c${pair}`).openSession(this.#aor(`d${pair}`), { subject });
    if (opened.kind !== "established") throw new Error(`no session: ${JSON.stringify(opened)}`);
    await within(5_000, "both sides have the session", () => this.#taken.has(subject));
    const callee = this.#taken.get(subject);
    if (!callee) throw new Error("the session is not there");
    return { caller: opened.session, callee };
  }

  async #come(user: string): Promise<void> {
    await this.server.addUser(this.#aor(user), "secret");
    const client = createClient({
      aor: this.#aor(user),
      password: "secret",
      server: this.server.uri("tcp"),
      expiresS: 600,
    });
    this.#clients.set(user, client);
    client.onMessage(({ message: { text = "" } }) => void this.#heard.add(text));
    client.onSession(async (invitation) => {
      const session = await invitation.accept();
      if (session?.subject !== undefined) this.#taken.set(session.subject, session);
    });
    const registered = await client.register();
    if (registered.kind !== "registered") throw new Error(`not registered: ${JSON.stringify(registered)}`);
  }

  #client(user: string): Client {
    const client = this.#clients.get(user);
    if (!client) throw new Error(`who is ${user}?`);
    return client;
  }

  #aor(user: string): string {
    return `sip:${this.name}-${user}@127.0.0.1`;
  }
}
