import {
  type Bus,
  BusError,
  type BusFailure,
  type Conversation,
  deferredStore,
  msrpRelay,
  participating,
  type SessionLeg,
  sipEdge,
} from "@heliograph/contracts";
import { type Clock, unreachable } from "@heliograph/kernel";
import type { NodeReport, Reports } from "../domain/judge-conversation.js";
import { judgeSilence } from "../domain/judge-silence.js";
import type { Events } from "../events.js";

interface Deps {
  readonly bus: Pick<Bus, "request">;
  readonly clock: Pick<Clock, "after">;
  readonly events: Pick<Events, "broken">;
  /** The name of this process. */
  readonly node: string;
}

/** Whom a question goes to. */
type Kind = SessionLeg["kind"] | "relay";

interface Question {
  readonly kind: Kind;
  readonly node: string;
  readonly names: string[];
}

/** A bus that connects anew leaves a node without an answer for a moment, and a node may be slow once. */
const askAgainMs = 1_000;

/** Asks the nodes of conversations what they keep, one question a node for a page of conversations. */
export class Nodes {
  /** Nodes that are gone: found once in a look at all conversations. */
  readonly #gone = new Set<string>();

  constructor(private readonly deps: Deps) {}

  /** What the nodes of each of these conversations say, in order. */
  async reportsOn(page: readonly Conversation[]): Promise<readonly Reports[]> {
    const questions = new Map<string, Question>();
    for (const { caller, callee, anchor } of page) {
      note(questions, caller.kind, caller.node, caller.leg);
      note(questions, callee.kind, callee.node, callee.leg);
      if (anchor) note(questions, "relay", anchor.node, anchor.session);
    }
    const answers = new Map<string, NodeReport>();
    await Promise.all(
      [...questions].map(async ([key, question]) => void answers.set(key, await this.#ask(key, question))),
    );
    const reportOf = (kind: Kind, node: string): NodeReport =>
      answers.get(keyOf(kind, node)) ?? { kind: "unknown" };
    return page.map(({ caller, callee, anchor }) => ({
      caller: reportOf(caller.kind, caller.node),
      callee: reportOf(callee.kind, callee.node),
      anchor: anchor && reportOf("relay", anchor.node),
    }));
  }

  async #ask(key: string, question: Question): Promise<NodeReport> {
    if (this.#gone.has(key)) return { kind: "gone" };
    const failures: BusFailure[] = [];
    for (;;) {
      const answered = await this.#askOnce(question);
      if (typeof answered !== "string") return answered;
      failures.push(answered);
      const silence = judgeSilence(failures);
      if (silence === "unknown") return { kind: "unknown" };
      if (silence === "gone") return this.#findGone(key, failures);
      await new Promise<void>((resolve) => void this.deps.clock.after(askAgainMs, resolve));
    }
  }

  /** Where answers do not come in time it may be our own connection that hangs: then we do not hear of ourselves either. */
  async #findGone(key: string, failures: readonly BusFailure[]): Promise<NodeReport> {
    if (failures.includes("timeout")) {
      const ourselves = await this.#askOnce({ kind: "ringing", node: this.deps.node, names: [] });
      if (typeof ourselves === "string") return { kind: "unknown" };
    }
    this.#gone.add(key);
    return { kind: "gone" };
  }

  async #askOnce({ kind, node, names }: Question): Promise<NodeReport | BusFailure> {
    try {
      const { incarnation, missing } = await this.#request(kind, node, names);
      return { kind: "here", incarnation, missing: new Set(missing) };
    } catch (error) {
      const failure = error instanceof BusError ? error.failure : "malformed";
      if (failure !== "no-responder") this.deps.events.broken("a node did not say what it keeps", error);
      return failure;
    }
  }

  #request(kind: Kind, node: string, names: string[]) {
    const { bus } = this.deps;
    switch (kind) {
      case "sip":
        return bus.request(sipEdge.checkLegs, { node }, { legs: names });
      case "store":
        return bus.request(deferredStore.checkLegs, { node }, { legs: names });
      case "ringing":
        return bus.request(participating.checkRinging, { node }, { legs: names });
      case "relay":
        return bus.request(msrpRelay.checkSessions, { node }, { sessions: names });
      default:
        return unreachable(kind);
    }
  }
}

function note(questions: Map<string, Question>, kind: Kind, node: string, name: string): void {
  const key = keyOf(kind, node);
  const known = questions.get(key);
  if (known) known.names.push(name);
  else questions.set(key, { kind, node, names: [name] });
}

function keyOf(kind: Kind, node: string): string {
  return `${kind} ${node}`;
}
