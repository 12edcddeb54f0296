import {
  type AnswerCapabilities,
  type AnswerDecision,
  answeredSetup,
  composeAnswer,
  composeOffer,
  type ConnectAbility,
  decideAnswer,
  type FileTransfer,
  type Media,
  type MediaAnswer,
  type MediaLine,
  type MediaOutcome,
  type MediaRefusal,
  type MsrpDescription,
  type MsrpMedia,
  offeredSetup,
  type Origin,
  parseMsrpDescription,
  type Resolved,
  reviseDescription,
  type Role,
  takeAnswer,
} from "@heliograph/sdp";
import type { RelayAccess } from "@heliograph/msrp-stack";
import type { ClosedLine, Line, LineUser, LiveLine, OpenedLine } from "./line.js";
import { type LocalEnds, protocolOf } from "./local-ends.js";
import { mediaTransportOf } from "./media-transport.js";

/** An offer of ours: nothing has changed before it is answered. */
export interface Offer {
  readonly body: Uint8Array;
  readonly lines: readonly Line[];
}

/** What an answer to our offer came to. */
export type AnswerTaken = { readonly kind: "taken" } | { readonly kind: "illegal"; readonly reason: string };

/** Our answer to an offer: nothing has changed before `apply`. */
export type Answered =
  | { readonly kind: "answer"; readonly body: Uint8Array; apply(): void }
  | { readonly kind: "refused"; readonly status: 488; readonly warning: number; readonly reason: string };

/** Who decides about a section that is new. Undefined refuses it. */
export type NewLine = (media: MsrpMedia) => Promise<LiveLine | undefined>;

interface OpenRecord {
  readonly line: LiveLine;
  readonly opened: OpenedLine;
}

interface Choice {
  readonly line: Line;
  readonly answer: MediaAnswer;
  readonly refusal?: Extract<AnswerDecision, { kind: "refused" }>;
}

interface Settled {
  readonly line: Line;
  readonly opened?: OpenedLine;
  /** Who had offered a section that the peer refused. */
  readonly refused?: LineUser;
}

/**
 * The sections of one session as offers and answers leave them.
 *
 * @spec rfc3264#5
 * @spec rfc3264#6
 * @spec rfc3264#8
 */
export class SessionMedia {
  readonly #ends: LocalEnds;
  readonly #sessionId: string;
  #lines: readonly Line[] = [];
  #opened: readonly (OpenedLine | undefined)[] = [];
  readonly #relays = new Set<RelayAccess>();
  #ours: Uint8Array | undefined;

  constructor(ends: LocalEnds, sessionId: string) {
    this.#ends = ends;
    this.#sessionId = sessionId;
  }

  get lines(): readonly Line[] {
    return this.#lines;
  }

  /** What was agreed about a section; undefined before that. */
  openedOf(user: LineUser): OpenedLine | undefined {
    return this.#opened[this.#lines.findIndex((line) => line.kind === "live" && line.user === user)];
  }

  /** Offers these sections; those that a session had keep their places. @spec CL-20 */
  offer(lines: readonly Line[]): Offer {
    const body = composeOffer(
      this.#origin(lines),
      lines.map((line) => (line.kind === "closed" ? toClosedMedia(line) : this.#offered(line))),
    );
    return { body: this.#revised(body), lines };
  }

  /** Takes the answer to an offer: sections open, or are refused. */
  take(offer: Offer, answer: Uint8Array, resolved?: Resolved): AnswerTaken {
    const ours = parseMsrpDescription(offer.body);
    const theirs = parseMsrpDescription(answer);
    if (!theirs.ok) return { kind: "illegal", reason: `bad SDP: ${theirs.error.rule}` };
    if (!ours.ok) throw new Error(`our own offer cannot be read: ${ours.error.rule}`);
    const outcome = takeAnswer(ours.value, theirs.value, { usesRelay: this.#ends.usesRelay }, resolved);
    if (outcome.kind === "illegal") return { kind: "illegal", reason: outcome.reason };
    if (outcome.kind !== "taken") return { kind: "illegal", reason: "msrp-cema was not offered" };
    this.#ours = offer.body;
    this.#settle(
      offer.lines.map((line, index) => settledBy(line, outcome.media[index], ours.value.media[index])),
    );
    return { kind: "taken" };
  }

  /** Answers an offer. Sections that we have go on; who decides about new ones is asked in their order. */
  async answer(offer: MsrpDescription, newLine: NewLine, resolved?: Resolved): Promise<Answered> {
    const choices: Choice[] = [];
    for (const [index, media] of offer.media.entries()) {
      choices.push(await this.#choose(offer, index, media, { newLine, resolved }));
    }
    const refusal = choices.every(({ answer }) => answer.kind === "refused")
      ? choices.find(({ refusal }) => refusal)?.refusal
      : undefined;
    if (refusal) return refusal;
    const body = this.#revised(this.#composed(choices));
    return {
      kind: "answer",
      body,
      apply: () => {
        this.#ours = body;
        this.#settle(choices.map(settled));
      },
    };
  }

  /** Ends every section. */
  close(): void {
    const lines = this.#lines;
    this.#lines = [];
    this.#opened = [];
    for (const line of lines) if (line.kind === "live") line.user.close("over");
    for (const relay of this.#relays) relay.close();
    this.#relays.clear();
  }

  #offered(line: LiveLine) {
    const { end, accepts, direction, file } = line;
    return {
      ...this.#ends.describe(end, accepts),
      transport: protocolOf(end),
      setup: offeredSetup[this.#abilityOf(line)],
      direction,
      hasCema: false,
      ...(file && { file }),
    };
  }

  #abilityOf({ mustConnect, end }: LiveLine): ConnectAbility {
    return mustConnect ? "connect" : this.#ends.abilityOf(end);
  }

  async #choose(
    offer: MsrpDescription,
    index: number,
    media: Media,
    { newLine, resolved }: { newLine: NewLine; resolved: Resolved | undefined },
  ): Promise<Choice> {
    if (media.kind !== "msrp") return refuse(media, "not a message session");
    const known = await this.#known(index, media);
    const line = known?.line ?? (await newLine(media));
    if (!line) return refuse(media, "too many sessions");
    const ability = this.#abilityOf(line);
    const decision = decideAnswer(
      { description: offer.description, media: [media] },
      {
        ...capabilitiesOf(line, known ? abilityToStay(known.opened.role, media, ability) : ability),
        cema: { wantsCema: false, usesRelay: this.#ends.usesRelay },
      },
      resolved,
    );
    if (decision.kind === "refused") return { ...refuse(media, "not a message session"), refusal: decision };
    const [answer] = decision.media;
    return answer?.kind === "accepted" ? { line, answer } : refuse(media, "not a message session");
  }

  /** What stands at this place and goes on as it is: the same peer, and for a file the same transfer. @spec rfc5547#8.1 */
  async #known(index: number, media: MsrpMedia): Promise<OpenRecord | undefined> {
    const line = this.#lines[index];
    const opened = this.#opened[index];
    if (line?.kind !== "live" || !opened) return undefined;
    const isSamePath = media.path.map(({ text }) => text).join() === pathOf(opened);
    if (line.file?.transferId !== media.file?.transferId || !isSameFile(line.file, media.file))
      return undefined;
    if (isSamePath) return { line, opened };
    return line.file ? undefined : this.#moved(line, opened, media);
  }

  /** A peer with another path: a new end for it too, so that what is under way on the old one may finish. @spec rfc4975#8.4 */
  async #moved(line: LiveLine, { role }: OpenedLine, media: MsrpMedia): Promise<OpenRecord> {
    const end = await this.#ends.create(mediaTransportOf(media));
    const opened = { end, accepts: line.accepts, peer: media, role, direction: line.direction };
    return { line: { ...line, end }, opened };
  }

  #composed(choices: readonly Choice[]): Uint8Array {
    const lines = choices.map(({ line }) => line);
    return composeAnswer(
      this.#origin(lines),
      { kind: "answer", media: choices.map(({ answer }) => answer) },
      (index) => {
        const line = lines[index];
        if (line?.kind !== "live") throw new Error("a section was accepted that nobody took");
        return this.#ends.describe(line.end, line.accepts);
      },
    );
  }

  #origin(lines: readonly Line[]): Origin {
    const live = lines.find((line) => line.kind === "live");
    return { username: "-", sessionId: this.#sessionId, version: 1, host: live?.end.uri.host ?? "0.0.0.0" };
  }

  #revised(body: Uint8Array): Uint8Array {
    return this.#ours ? reviseDescription(this.#ours, body) : body;
  }

  /** Everything is put in its place before anybody hears of it, because who hears may want to offer again. */
  #settle(settled: readonly Settled[]): void {
    const before = usersOf(this.#lines);
    this.#lines = settled.map(({ line }) => line);
    this.#opened = settled.map(({ opened }) => opened);
    const now = usersOf(this.#lines);
    for (const line of this.#lines)
      if (line.kind === "live" && line.end.relay) this.#relays.add(line.end.relay);
    for (const user of before) if (!now.has(user)) user.close("removed");
    for (const { refused } of settled) if (refused && !before.has(refused)) refused.close("refused");
    for (const { line, opened } of settled) if (line.kind === "live" && opened) line.user.open(opened);
  }
}

const usersOf = (lines: readonly Line[]): ReadonlySet<LineUser> =>
  new Set(lines.flatMap((line) => (line.kind === "live" ? [line.user] : [])));

const pathOf = ({ peer }: OpenedLine): string => peer.path.map(({ text }) => text).join();

const toClosedMedia = ({ line, file }: ClosedLine) => ({ closed: line, ...(file && { file }) });

function settledBy(line: Line, outcome: MediaOutcome | undefined, ours: Media | undefined): Settled {
  if (line.kind === "closed" || !ours) return { line };
  if (outcome?.kind === "open") {
    const { peer, role, direction, connectTo } = outcome;
    const { end, accepts } = line;
    return { line, opened: { end, accepts, peer, role, direction, ...(connectTo && { connectTo }) } };
  }
  return { line: closed(ours.line, line.file), refused: line.user };
}

function settled({ line, answer }: Choice): Settled {
  if (line.kind === "closed" || answer.kind === "refused") return { line };
  const { end, accepts } = line;
  const { offer: peer, role, direction, connectTo } = answer;
  return { line, opened: { end, accepts, peer, role, direction, ...(connectTo && { connectTo }) } };
}

/** The place of a section that is over, or refused. */
export function closed({ media, protocol, formats }: MediaLine, file?: FileTransfer): ClosedLine {
  return { kind: "closed", line: { media, port: 0, protocol, formats }, ...(file && { file }) };
}

function refuse(media: Media, reason: MediaRefusal): Choice {
  const file = media.kind === "msrp" ? media.file : undefined;
  return { line: closed(media.line, file), answer: { kind: "refused", offer: media, reason } };
}

/** Who connects stays who connects, where the offer leaves it open. */
function abilityToStay(role: Role, { setup }: MsrpMedia, ability: ConnectAbility): ConnectAbility {
  const same = role === "active" ? "connect" : "listen";
  return answeredSetup[setup ?? "unsaid"][same] === "refused" ? ability : same;
}

/** Whether two selectors can mean one file. @spec rfc5547#8.1 @spec MS-57 */
function isSameFile(one: FileTransfer | undefined, other: FileTransfer | undefined): boolean {
  if (!one || !other) return one === other;
  const [a, b] = [one.selector, other.selector];
  const differs = (key: "name" | "size" | "type"): boolean =>
    a[key] !== undefined && b[key] !== undefined && a[key] !== b[key];
  if (differs("name") || differs("size") || differs("type")) return false;
  return a.hashes.every(({ hash, digest }) =>
    b.hashes.every((theirs) => theirs.hash !== hash || theirs.digest === digest),
  );
}

function capabilitiesOf(
  { end, accepts, direction, file }: LiveLine,
  connect: ConnectAbility,
): Omit<AnswerCapabilities, "cema"> {
  return {
    transports: [protocolOf(end)],
    acceptTypes: accepts.acceptTypes,
    direction,
    connect,
    maxChats: 1,
    maxFiles: 1,
    acceptsFileRanges: file?.range !== undefined,
  };
}
