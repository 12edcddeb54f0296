import { type Bus, BusError, type BusFailure, msrpRelay, sipEdge } from "@heliograph/contracts";
import { judgeSilence } from "../domain/judge-silence.js";
import { legReasons } from "../domain/leg-reasons.js";
import type { Events } from "../events.js";
import type { Call } from "../sessions/open-calls.js";

interface Deps {
  readonly bus: Pick<Bus, "request">;
  /** Everything that this process rings for. */
  readonly openCalls: () => readonly Call[];
  readonly events: Pick<Events, "broken">;
}

/** Names, by the node that has them. */
type ByNode = ReadonlyMap<string, readonly string[]>;

const atOnce = 500;

/**
 * Tells the edges which legs without a final answer this process still works on, and the relays for which sessions it waits
 * for one: they give up the others. Where the leg of a caller is not there any more, or its node is gone, nobody waits for
 * the devices: they hear CANCEL.
 *
 * Goes on to `sip-edge/src/handlers/renew-legs.ts` and `msrp-relay/src/handlers/renew-sessions.ts`.
 *
 * @spec GEN-14 @spec GEN-40 @spec PF-06
 */
export function renewLegs({ bus, openCalls, events }: Deps): () => Promise<void> {
  /** How the last questions to an edge failed, where it has not answered since. */
  let failures = new Map<string, readonly BusFailure[]>();
  return async () => {
    const calls = openCalls();
    const [lost] = await Promise.all([
      renewAtEdges(byNode(legsOf(calls))),
      renewAtRelays(byNode(anchorsOf(calls))),
    ]);
    for (const call of calls) {
      if (call.caller && lost.has(call.caller.leg.leg)) call.cancel(legReasons.unavailable);
    }
  };

  /** Returns the legs that are lost. */
  async function renewAtEdges(legsOfNode: ByNode): Promise<ReadonlySet<string>> {
    const before = failures;
    failures = new Map();
    const lost = await Promise.all(
      [...legsOfNode].map(([node, legs]) => renewAt(node, legs, before.get(node) ?? [])),
    );
    return new Set(lost.flat());
  }

  async function renewAt(
    node: string,
    legs: readonly string[],
    before: readonly BusFailure[],
  ): Promise<readonly string[]> {
    const lost: string[] = [];
    try {
      for (const some of pagesOf(legs)) {
        lost.push(...(await bus.request(sipEdge.renewLegs, { node }, { legs: some })).missing);
      }
      return lost;
    } catch (error) {
      const failure = failureOf(error);
      if (failure !== "no-responder") events.broken("an edge was not told which legs are open", error);
      const failed = [...before, failure];
      failures.set(node, failed);
      return judgeSilence(failed) === "gone" ? legs : lost;
    }
  }

  /** A relay that is gone took its sessions along, which those who answer will find. */
  async function renewAtRelays(sessionsOfNode: ByNode): Promise<void> {
    await Promise.all(
      [...sessionsOfNode].map(async ([node, sessions]) => {
        try {
          for (const some of pagesOf(sessions))
            await bus.request(msrpRelay.renewSessions, { node }, { sessions: some });
        } catch (error) {
          if (failureOf(error) !== "no-responder")
            events.broken("a relay was not told which sessions are open", error);
        }
      }),
    );
  }
}

type Placed = readonly [name: string, node: string];

function legsOf(calls: readonly Call[]): readonly Placed[] {
  return calls.flatMap(({ openLegs }) => openLegs);
}

function anchorsOf(calls: readonly Call[]): readonly Placed[] {
  return calls.flatMap(({ anchor }): Placed[] => (anchor ? [[anchor.session, anchor.node]] : []));
}

function byNode(placed: readonly Placed[]): ByNode {
  const names = new Map<string, string[]>();
  for (const [name, node] of placed) {
    const known = names.get(node);
    if (known) known.push(name);
    else names.set(node, [name]);
  }
  return names;
}

function pagesOf(names: readonly string[]): readonly string[][] {
  const pages: string[][] = [];
  for (let at = 0; at < names.length; at += atOnce) pages.push(names.slice(at, at + atOnce));
  return pages;
}

function failureOf(error: unknown): BusFailure {
  return error instanceof BusError ? error.failure : "malformed";
}
