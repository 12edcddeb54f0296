import type { Clock } from "@heliograph/kernel";
import { parseMsrpDescription, type Resolved } from "@heliograph/sdp";
import type { Dialog, DialogEnd, InDialogRequest, Outcome } from "@heliograph/sip";
import type { Credentials } from "../credentials.js";
import { descriptionIn } from "./invite-body.js";
import type { Line } from "./line.js";
import { pause } from "./make-good.js";
import type { NewLine, SessionMedia } from "./session-media.js";

/** What a new offer of ours in a session came to. */
export type Reoffered =
  | { readonly kind: "agreed" }
  | { readonly kind: "refused"; readonly status: number; readonly reason: string }
  | { readonly kind: "unreachable"; readonly reason: string }
  | { readonly kind: "over" };

/** Looks up the names that a description compares with addresses. @spec rfc6714#4.4 */
export type ResolveNames = (description: Uint8Array) => Promise<Resolved>;

/** What the sections of a session are to be. */
export type Change = (lines: readonly Line[]) => readonly Line[] | undefined;

/** How often one offer of ours may collide with those of the peer. */
const mostCollisions = 3;

interface Deps {
  readonly dialog: Dialog;
  readonly clock: Clock;
  readonly media: SessionMedia;
  readonly credentials: Credentials | undefined;
  readonly resolveNames: ResolveNames;
  /** Who decides about sections that the peer adds. */
  readonly newLine: NewLine;
  /** Takes a MESSAGE inside the dialog. */
  readonly onMessage: (incoming: InDialogRequest) => void;
}

const methods = "INVITE, ACK, BYE, CANCEL, UPDATE, PRACK, MESSAGE, OPTIONS";
const sdp = ["Content-Type", "application/sdp"] as const;

/**
 * A dialog with its media: offers again and answers, one at a time.
 *
 * @spec rfc3264#8
 * @spec rfc3261#14
 */
export class Call {
  readonly #deps: Deps;
  readonly #endHearers: ((end: DialogEnd) => void)[] = [];
  #end: DialogEnd | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(deps: Deps) {
    this.#deps = deps;
    deps.dialog.onRequest((incoming) => this.#receive(incoming));
    deps.dialog.onEnded((end) => this.#over(end));
  }

  get media(): SessionMedia {
    return this.#deps.media;
  }

  get callId(): string {
    return this.#deps.dialog.id.callId;
  }

  get isOver(): boolean {
    return this.#end !== undefined;
  }

  /** Hears once that it is over, also when it is already. */
  onEnded(hear: (end: DialogEnd) => void): void {
    if (this.#end) hear(this.#end);
    else this.#endHearers.push(hear);
  }

  /**
   * Offers what `change` makes of the sections, after what is being negotiated; undefined: as things are, nothing. While
   * one that has collided waits, the peer's is answered; then `change` is asked again. @spec rfc3261#14.1
   */
  async reoffer(change: Change): Promise<Reoffered> {
    for (let collisions = 0; ; collisions += 1) {
      if (this.#end) return { kind: "over" };
      let againInMs: number | undefined;
      const collided = (ms: number): void => {
        againInMs = ms;
      };
      const reoffered = await this.#inTurn(() => this.#reoffer(change, collided));
      if (againInMs === undefined || collisions === mostCollisions) return reoffered;
      await pause(this.#deps.clock, againInMs);
    }
  }

  /** Ends it without a word, as a device does that loses its network. */
  abandon(): void {
    this.#over({ by: "local" });
  }

  /** BYE, then the media. */
  async bye(reason?: string): Promise<void> {
    if (!this.#end) await this.#deps.dialog.bye(reason);
    this.#deps.media.close();
  }

  async #reoffer(change: Change, onCollision: (againInMs: number) => void): Promise<Reoffered> {
    if (this.#end) return { kind: "over" };
    const { media, resolveNames } = this.#deps;
    const lines = change(media.lines);
    if (!lines) return { kind: "agreed" };
    const offer = media.offer(lines);
    const outcome = await this.#request("INVITE", offer.body, onCollision);
    if (this.isOver) return { kind: "over" };
    if (outcome.kind !== "response") {
      return { kind: "unreachable", reason: outcome.kind === "silent" ? "no answer" : outcome.reason };
    }
    const { response } = outcome;
    if (response.status >= 300) return { kind: "refused", status: response.status, reason: response.reason };
    const answer = descriptionIn(response) ?? new Uint8Array();
    const taken = media.take(offer, answer, await resolveNames(answer));
    if (taken.kind === "taken") return { kind: "agreed" };
    await this.bye(`SIP;cause=488;text="Not Acceptable Here"`);
    return { kind: "over" };
  }

  /** A challenge is answered once. @spec CL-02 */
  async #request(
    method: string,
    body: Uint8Array,
    onCollision: (againInMs: number) => void,
  ): Promise<Outcome> {
    const { dialog, credentials } = this.#deps;
    for (let attempt = 0; ; attempt += 1) {
      const headers = credentials?.headersFor(method, dialog.remoteTarget) ?? [];
      const parts = { headers: [...headers, sdp], body };
      const outcome = await dialog.request(method, parts, { onCollision });
      const isChallenge = outcome.kind === "response" && [401, 407].includes(outcome.response.status);
      if (!isChallenge || attempt >= 2) return outcome;
      if (!credentials?.take(outcome.response, headers.length > 0 && attempt > 0)) return outcome;
    }
  }

  #over(end: DialogEnd): void {
    if (this.#end) return;
    this.#end = end;
    for (const hear of this.#endHearers.splice(0)) hear(end);
    this.#deps.media.close();
  }

  #receive(incoming: InDialogRequest): void {
    const { method } = incoming.request;
    if (method === "INVITE" || method === "UPDATE") void this.#inTurn(() => this.#answer(incoming));
    else if (method === "MESSAGE") this.#deps.onMessage(incoming);
    else if (method === "OPTIONS") incoming.respond(200, { headers: [["Allow", methods]] });
    else incoming.respond(405, { headers: [["Allow", methods]] });
  }

  async #answer(incoming: InDialogRequest): Promise<void> {
    const { media, newLine, resolveNames } = this.#deps;
    const body = descriptionIn(incoming.request);
    if (!body) return this.#offerInAnswer(incoming);
    const offer = parseMsrpDescription(body);
    if (!offer.ok) return incoming.respond(400, { reason: `Bad SDP (${offer.error.rule})` });
    const answered = await media.answer(offer.value, newLine, await resolveNames(body));
    if (answered.kind === "refused") {
      return incoming.respond(answered.status, { headers: [warningOf(answered)] });
    }
    answered.apply();
    // Whoever decided about a section has taken longer than the session lasted.
    if (this.isOver) return media.close();
    incoming.respond(200, { headers: [sdp], body: answered.body });
  }

  /** Who asks for an offer of ours answers it with the ACK. @spec GEN-44 @spec rfc3261#14.2 */
  async #offerInAnswer(incoming: InDialogRequest): Promise<void> {
    const { media, resolveNames } = this.#deps;
    const offer = media.offer(media.lines);
    const acknowledged = new Promise<Uint8Array | undefined>((resolve) => {
      incoming.onAcknowledged((ack) => resolve(descriptionIn(ack)));
      this.onEnded(() => resolve(undefined));
    });
    incoming.respond(200, { headers: [sdp], body: offer.body });
    const answer = await acknowledged;
    if (!answer || this.isOver) return;
    const taken = media.take(offer, answer, await resolveNames(answer));
    if (taken.kind === "illegal") await this.bye(`SIP;cause=488;text="Not Acceptable Here"`);
  }

  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(run);
    this.#queue = turn.catch(() => undefined);
    return turn;
  }
}

/** @spec rfc3261#20.43 */
export function warningOf({ warning, reason }: { readonly warning: number; readonly reason: string }) {
  return ["Warning", `${warning} heliograph "${reason}"`] as const;
}
