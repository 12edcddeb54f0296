import { setTimeout as wait } from "node:timers/promises";
import { type Client, createClient, type Session } from "@heliograph/client";
import type { HeliographServer } from "@heliograph/testkit";
import type { MessageBook } from "./message-book.js";
import type { SessionBook, Side } from "./session-book.js";

/** The people of a run over sessions. */
export interface Talkers {
  /** How long it takes until two who had no session have one, from now; undefined: longer than they have patience. */
  tryAnew(patienceMs: number): Promise<number | undefined>;
  /** Settles when nobody says anything any more. Returns how many wait in vain for what was to come. */
  fallSilent(): Promise<number>;
  leave(): Promise<void>;
}

interface Parts {
  readonly server: HeliographServer;
  readonly sessions: SessionBook;
  readonly messages: MessageBook;
  readonly random: () => number;
  /** Sessions at once, all together. */
  readonly atOnce: number;
  /** Aborted when nothing more is to be said. */
  readonly until: AbortSignal;
  /** Hears what a person who looks for a fault wants to know. */
  readonly report: (text: string) => void;
}

const sessionsPerPair = 8;
const betweenMessagesMs = 2_500;
const reregisterEveryMs = 2_500;
const beforeNextTryMs = 400;
/** How long somebody lets it ring where everybody answers at once. */
const ringMs = 8_000;
/** Longer than a request may wait for its answer: 64·T1 of SIP, 30 s of MSRP. */
const patienceMs = 40_000;
const transports = ["udp", "tcp", "ws"] as const;

/** How many pairs of people keep up that many sessions; one more pair has none until it is asked. */
export function pairsFor(atOnce: number): number {
  return Math.ceil(atOnce / sessionsPerPair) + 1;
}

/**
 * Pairs of people with several sessions each, in which both say numbered messages. Who loses a session opens another;
 * everybody registers again and again, as a device does that is unsure whether it still is.
 */
export async function bringTalkers(parts: Parts): Promise<Talkers> {
  const { until, atOnce } = parts;
  const pairs = await Promise.all(
    Array.from({ length: pairsFor(atOnce) }, async (_, number) => ({
      caller: await Talker.come(parts, "s", number),
      callee: await Talker.come(parts, "r", number),
    })),
  );
  const newcomers = pairs.at(-1);
  const talkers = pairs.flatMap(({ caller, callee }) => [caller, callee]);
  const living = talkers.map((talker) => talker.stayRegistered(until));
  const talking = Array.from({ length: atOnce }, async (_, slot) => {
    const pair = pairs[Math.floor(slot / sessionsPerPair)];
    if (!pair) return;
    for (let count = 0; !until.aborted; count += 1) {
      await pair.caller.talk(`${slot}-${count}`, pair.callee.name);
    }
  });
  return {
    tryAnew: async (anewMs) => newcomers && tryAnew(newcomers.caller, newcomers.callee.name, anewMs),
    fallSilent: async () => {
      const ends = [...living, ...talking, ...talkers.map((talker) => talker.silence())];
      return countUnsettled(ends, patienceMs);
    },
    leave: async () => void (await Promise.allSettled(talkers.map((talker) => talker.leave()))),
  };
}

async function tryAnew(caller: Talker, callee: string, anewMs: number): Promise<number | undefined> {
  const beganMs = performance.now();
  const sinceMs = (): number => performance.now() - beganMs;
  for (let count = 0; sinceMs() < anewMs; count += 1) {
    const hasCome = await caller.greet(`newcomer-${Math.round(beganMs)}-${count}`, callee);
    if (hasCome) return sinceMs() <= anewMs ? sinceMs() : undefined;
    await wait(beforeNextTryMs);
  }
  return undefined;
}

async function countUnsettled(promises: readonly Promise<unknown>[], withinMs: number): Promise<number> {
  let open = promises.length;
  const all = Promise.all(promises.map((one) => one.finally(() => (open -= 1))));
  const late = new AbortController();
  await Promise.race([all, wait(withinMs, undefined, { signal: late.signal }).catch(() => undefined)]);
  late.abort();
  return open;
}

/** One person with one device. */
class Talker {
  readonly #talks = new Set<Promise<void>>();

  private constructor(
    private readonly parts: Parts,
    readonly name: string,
    private readonly client: Client,
  ) {}

  static async come(parts: Parts, letter: string, number: number): Promise<Talker> {
    const name = `${letter}${number}`;
    const client = createClient({
      aor: addressOf(name),
      password: "secret",
      server: parts.server.uri(transports[number % transports.length]),
      expiresS: 120,
    });
    const talker = new Talker(parts, name, client);
    client.onSession(async (invitation) => {
      const session = await invitation.accept();
      const caller = invitation.from.slice("sip:".length).split("@")[0] ?? "";
      if (session)
        talker.#keep(talker.#converse(session, { id: session.subject ?? "", side: "callee", peer: caller }));
    });
    await talker.#register();
    return talker;
  }

  async stayRegistered(until: AbortSignal): Promise<void> {
    while (!until.aborted) {
      await wait(reregisterEveryMs * (0.5 + this.parts.random()));
      await this.#register();
    }
  }

  /** Opens a session and talks in it until it is over. */
  async talk(id: string, peer: string): Promise<void> {
    const session = await this.#open(id, peer);
    if (session) await this.#converse(session, { id, side: "caller", peer });
    else await wait(beforeNextTryMs * (0.5 + this.parts.random()));
  }

  /** Opens a session, says a word in it and closes it. Returns whether the word has come. */
  async greet(id: string, peer: string): Promise<boolean> {
    const session = await this.#open(id, peer);
    if (!session) return false;
    const { messages } = this.parts;
    session.onMessage(({ message }) => messages.show(message.text ?? "", this.name));
    messages.say(id, peer);
    const sent = await session.sendText(id, { isReported: true });
    if (sent.kind === "sent") messages.acknowledge(id);
    await session.close();
    return sent.kind === "sent";
  }

  /** Settles when this person says nothing more in the sessions that others have opened. */
  async silence(): Promise<void> {
    await Promise.allSettled(this.#talks);
  }

  leave(): Promise<void> {
    return this.client.dropOff();
  }

  async #register(): Promise<void> {
    const registered = await this.client.register();
    if (registered.kind !== "registered") {
      this.parts.report(`  ${this.name} is not registered: ${registered.reason}`);
    }
  }

  async #open(id: string, peer: string): Promise<Session | undefined> {
    const opened = await this.client.openSession(addressOf(peer), { subject: id, ringMs, idleS: 0 });
    if (opened.kind === "established") return opened.session;
    this.parts.report(`  no session ${id}: ${JSON.stringify(opened)}`);
    return undefined;
  }

  #keep(talk: Promise<void>): void {
    this.#talks.add(talk);
    void talk.finally(() => this.#talks.delete(talk));
  }

  async #converse(
    session: Session,
    { id, side, peer }: { readonly id: string; readonly side: Side; readonly peer: string },
  ): Promise<void> {
    const { sessions, messages, random, until, report } = this.parts;
    session.onMessage(({ message }) => messages.show(message.text ?? "", this.name));
    sessions.begin(id, side);
    const over = new Promise<void>((resolve) => {
      session.onEnded(() => {
        sessions.end(id, side, performance.now());
        resolve();
      });
    });
    for (let count = 0; !until.aborted && !session.isOver; count += 1) {
      const text = `${id} ${side} ${count}`;
      messages.say(text, peer);
      const saidMs = performance.now();
      const sent = await session.sendText(text, { isReported: true });
      if (sent.kind === "sent") {
        messages.acknowledge(text);
        sessions.prove(id, side, saidMs);
      } else report(`  ${text}: ${JSON.stringify(sent)}`);
      await Promise.race([over, wait(betweenMessagesMs * (0.5 + random()))]);
    }
  }
}

const addressOf = (name: string): string => `sip:${name}@127.0.0.1`;
