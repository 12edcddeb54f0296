import type { msrpRelay, Side } from "@heliograph/contracts";
import type { Chance, Clock, Timer } from "@heliograph/kernel";
import { createSessionId } from "@heliograph/msrp";
import type { Ends } from "../bridging/anchored-admission.js";
import { End, type EndDeps, type LossReason } from "../bridging/end.js";
import type { RelayPoint } from "../domain/relay-points.js";
import { Session, type SessionEvents } from "./session.js";

interface Deps extends Omit<EndDeps, "lost"> {
  readonly clock: Clock;
  readonly chance: Chance;
  readonly ends: Ends;
  readonly events: SessionEvents;
  readonly maxSessions: number;
  /** How long a session may carry nothing. */
  readonly idleMs: number;
}

/** An end that is lost. */
export interface SessionLoss {
  readonly session: Session;
  readonly side: Side;
  readonly why: LossReason;
}

/** So many looks in a row, and nobody waits for an answer any more. */
const mostMissedLooks = 2;

function hasAnswer({ isEstablished, isAnsweredEarly }: Session): boolean {
  return isEstablished || isAnsweredEarly;
}

/** How long an offer may go unanswered: longer than anything rings. */
const unansweredMs = 300_000;

/** All sessions that are anchored at this node. */
export class Sessions {
  readonly #deps: Deps;
  readonly #endDeps: EndDeps;
  readonly #byId = new Map<string, Session>();
  readonly #sessionOf = new WeakMap<End, Session>();
  /** Ends that are lost, until they come back or their session is closed. */
  readonly #losses = new Map<End, LossReason>();
  #sweeping: Timer | undefined;
  #isDraining = false;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#endDeps = { ...deps, lost: (end, why) => this.#lost(end, why) };
  }

  get size(): number {
    return this.#byId.size;
  }

  /** A new session; undefined: there are too many, or the node stops. */
  create(conversation: string, media: msrpRelay.MediaPolicy): Session | undefined {
    if (this.#isDraining || this.#byId.size >= this.#deps.maxSessions) return undefined;
    const { chance, clock } = this.#deps;
    const session = new Session(chance.token(12), conversation, media, clock.monotonicMs());
    this.#byId.set(session.id, session);
    this.#sweepLater();
    return session;
  }

  get(id: string): Session | undefined {
    return this.#byId.get(id);
  }

  /** Makes sure that a section has its two ends. Points are where each side comes to, as far as that is known. */
  openStream(session: Session, index: number, points: { readonly [side in Side]: RelayPoint }): void {
    if (session.streams.has(index)) return;
    const caller = this.#open(session, "caller", points.caller);
    const callee = this.#open(session, "callee", points.callee);
    End.join(caller, callee);
    session.streams.set(index, { caller, callee });
  }

  /** A section has port 0 now. @spec rfc3264#8.2 */
  closeStream(session: Session, index: number): void {
    const stream = session.streams.get(index);
    if (stream === undefined) return;
    session.streams.delete(index);
    const ends = [stream.caller, stream.callee];
    for (const end of ends) {
      this.#deps.ends.delete(end.sessionId);
      this.#losses.delete(end);
      end.refuseWaiting();
    }
    for (const end of ends) end.close();
  }

  close(id: string): void {
    const session = this.#byId.get(id);
    if (session === undefined) return;
    this.#byId.delete(id);
    session.openOffer = undefined;
    for (const index of session.streams.keys()) this.closeStream(session, index);
  }

  /** The sessions that there was an answer in, and the conversations that they belong to. */
  established(): readonly Pick<Session, "id" | "conversation">[] {
    return [...this.#byId.values()].filter(hasAnswer);
  }

  /** Somebody waits for an answer in these. */
  renew(ids: readonly string[]): void {
    for (const id of ids) {
      const session = this.#byId.get(id);
      if (session) session.missedLooks = 0;
    }
  }

  /** Looks once at all sessions without an answer; closes those that nobody has renewed for a while. */
  closeAbandoned(): void {
    for (const session of this.#byId.values()) {
      if (hasAnswer(session)) continue;
      session.missedLooks += 1;
      if (session.missedLooks >= mostMissedLooks) this.close(session.id);
    }
  }

  /** Ends that are lost now: whoever was told may not have heard it. */
  losses(): readonly SessionLoss[] {
    const found: SessionLoss[] = [];
    for (const [end, why] of this.#losses) {
      const session = this.#sessionOf.get(end);
      if (session && end.state === "failed") found.push({ session, side: end.side, why });
      else this.#losses.delete(end);
    }
    return found;
  }

  /** Which of these are not here. */
  missing(ids: readonly string[]): string[] {
    return ids.filter((id) => !this.#byId.has(id));
  }

  /** Takes no more, and tells of every session that is to move. */
  drain(): void {
    this.#isDraining = true;
    for (const session of this.#byId.values()) this.#deps.events.sessionLost(session, undefined, "draining");
  }

  /** Ends every session. */
  stop(): void {
    this.#sweeping?.cancel();
    for (const id of this.#byId.keys()) this.close(id);
  }

  #open(session: Session, side: Side, point: RelayPoint): End {
    const sessionId = createSessionId(this.#deps.chance);
    const end = new End({ side, session, sessionId }, point, this.#endDeps);
    this.#deps.ends.set(sessionId, end);
    this.#sessionOf.set(end, session);
    return end;
  }

  #lost(end: End, why: LossReason): void {
    const session = this.#sessionOf.get(end);
    this.#losses.set(end, why);
    if (session !== undefined) this.#deps.events.sessionLost(session, end.side, why);
  }

  #sweepLater(): void {
    const everyMs = Math.min(30_000, Math.max(1_000, this.#deps.idleMs / 4));
    this.#sweeping ??= this.#deps.clock.after(everyMs, () => this.#sweep());
  }

  #sweep(): void {
    this.#sweeping = undefined;
    const nowMs = this.#deps.clock.monotonicMs();
    for (const session of this.#byId.values()) this.#look(session, nowMs);
    if (this.#byId.size > 0) this.#sweepLater();
  }

  /** Whoever was told of an idle session has as long again to end it, then it is over. */
  #look(session: Session, nowMs: number): void {
    const quietMs = nowMs - session.lastActiveMs;
    if (!session.isEstablished) {
      if (quietMs < unansweredMs) return;
      this.#deps.events.sessionLost(session, undefined, "not-bound");
      return this.close(session.id);
    }
    if (quietMs < this.#deps.idleMs) {
      session.idleToldMs = undefined;
      return;
    }
    if (session.idleToldMs === undefined) {
      session.idleToldMs = nowMs;
      this.#deps.events.sessionLost(session, undefined, "idle");
    } else if (nowMs - session.idleToldMs >= this.#deps.idleMs) this.close(session.id);
  }
}
