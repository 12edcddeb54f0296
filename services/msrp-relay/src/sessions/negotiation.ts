import type { msrpRelay, Side } from "@heliograph/contracts";
import type { Clock } from "@heliograph/kernel";
import {
  answerDirections,
  type Direction,
  type MsrpDescription,
  namesToResolve,
  parseMsrpDescription,
} from "@heliograph/sdp";
import { nextDescription } from "../domain/next-description.js";
import {
  type AnsweredSection,
  answersTo,
  planAnswer,
  planOffer,
  type Refused,
  type SectionPlan,
} from "../domain/plan-media.js";
import { isWebSocket, type RelayPoint, type RelayPoints } from "../domain/relay-points.js";
import { type Ourselves, type SectionEdit, writeDescription } from "../domain/write-description.js";
import type { Names } from "../ports.js";
import { acrossFrom, type OpenOffer, type SentOffer, type Session } from "./session.js";
import type { Sessions } from "./sessions.js";

/** What negotiating takes. */
export interface NegotiationDeps {
  readonly sessions: Sessions;
  readonly names: Names;
  readonly points: RelayPoints;
  readonly clock: Pick<Clock, "nowMs">;
  readonly fingerprints: Ourselves["fingerprints"];
}

/** An offer of one side, and how the other may be reached. */
export interface OfferGiven {
  readonly from: Side;
  readonly octets: Uint8Array;
  readonly reaches: readonly msrpRelay.Reach[];
}

/** What the other side is offered, by reach. */
export type OfferOutcome =
  | { readonly kind: "offered"; readonly offers: ReadonlyMap<msrpRelay.Reach, SentOffer> }
  | Refused;

/**
 * Takes an offer of one side and makes that for the other. Until it is answered, what was agreed before stays.
 *
 * @spec PF-08
 * @spec PF-09
 * @spec PF-10
 */
export async function takeOffer(
  deps: NegotiationDeps,
  session: Session,
  { from, octets, reaches }: OfferGiven,
): Promise<OfferOutcome> {
  const read = parseMsrpDescription(octets);
  if (!read.ok) return malformed(read.error);
  const offer = read.value;
  const points = deps.points;
  const { maxMessageBytes } = session.media;
  const resolved = await deps.names.addressesOf(namesIn(offer));
  if (deps.sessions.get(session.id) !== session) return closedMeanwhile;
  const plan = planOffer(offer, { points, resolved, maxMessageBytes });
  if (plan.kind === "refused") return plan;
  const { sections, hasCema } = plan;
  const open: OpenOffer = { from, offer, sections, hasCema, sent: new Map() };
  openStreams(deps, session, open, points.pointFor(reaches[0] ?? "tcp"));
  for (const reach of reaches) offerTo(deps, session, open, { reach, isWithoutCema: false });
  session.openOffer = open;
  return { kind: "offered", offers: open.sent };
}

const closedMeanwhile: Refused = {
  kind: "refused",
  status: 481,
  reason: "Call/Transaction Does Not Exist",
};

function malformed({ rule }: { readonly rule: string }): Refused {
  const text = `Session description: ${rule}`;
  return { kind: "refused", status: 400, reason: "Bad Request", warning: { code: "399", text } };
}

/** Who made the offer has done nothing wrong. @spec rfc3261#21.4.26 */
function malformedAnswer({ rule }: { readonly rule: string }): Refused {
  const text = `Session description of the answer: ${rule}`;
  return { kind: "refused", status: 488, reason: "Not Acceptable Here", warning: { code: "399", text } };
}

function openStreams(deps: NegotiationDeps, session: Session, open: OpenOffer, across: RelayPoint): void {
  for (const [index, section] of open.sections.entries()) {
    if (section.kind === "closed") continue;
    const points =
      open.from === "caller"
        ? { caller: section.point, callee: across }
        : { caller: across, callee: section.point };
    deps.sessions.openStream(session, index, points);
  }
}

interface Offering {
  readonly reach: msrpRelay.Reach;
  readonly isWithoutCema: boolean;
}

/** Writes what the other side is offered, and remembers it. Never `passive`, and never CEMA over WebSocket. @spec MS-14 @spec MS-15 */
function offerTo(deps: NegotiationDeps, session: Session, open: OpenOffer, offering: Offering): Uint8Array {
  const to = acrossFrom(open.from);
  const point = deps.points.pointFor(offering.reach);
  const edits = open.sections.map((section, index): SectionEdit => {
    const end = session.streams.get(index)?.[to];
    if (section.kind === "closed" || end === undefined) return closed(section, open.offer, index);
    const hasCema = !offering.isWithoutCema && open.hasCema[index] === true && !isWebSocket(point.transport);
    return { kind: "anchor", end: { point, sessionId: end.sessionId, setup: "actpass", hasCema } };
  });
  const previous = open.sent.get(offering.reach)?.octets ?? session.lastSent[to];
  const octets = nextDescription(previous, write(deps, session, open.offer, edits), deps.clock.nowMs());
  if (session.isEstablished) session.lastSent[to] = octets;
  const description = parseMsrpDescription(octets, generousLimits);
  if (!description.ok) throw new Error(`we wrote an offer that cannot be read: ${description.error.rule}`);
  open.sent.set(offering.reach, { octets, description: description.value, point });
  return octets;
}

const generousLimits = { maxBytes: 262_144, maxLines: 4_096, maxMedia: 64 };

function closed(section: SectionPlan, offer: MsrpDescription, index: number): SectionEdit {
  const protocol = section.kind === "closed" ? section.protocol : offer.media[index]?.line.protocol;
  return { kind: "close", protocol: protocol ?? "TCP/MSRP" };
}

function write(
  deps: NegotiationDeps,
  session: Session,
  source: MsrpDescription,
  edits: readonly SectionEdit[],
): Uint8Array {
  const { maxMessageBytes } = session.media;
  return writeDescription(source, edits, { fingerprints: deps.fingerprints, maxMessageBytes });
}

/** An answer of one side, and how that side reaches us. */
export interface AnswerGiven {
  readonly from: Side;
  readonly octets: Uint8Array;
  readonly reach: msrpRelay.Reach;
}

/** What becomes of an answer. */
export type AnswerOutcome =
  | { readonly kind: "translated"; readonly description: Uint8Array }
  | { readonly kind: "offer-again"; readonly description: Uint8Array }
  | Refused;

/**
 * Takes the answer of one side and makes that for the other. From then on the media may flow: what has a path is waited
 * for or connected to, what has port 0 is over.
 *
 * @spec PF-08
 * @spec PF-09
 * @spec PF-10
 * @spec MS-14
 * @spec MS-15
 */
export async function takeAnswer(
  deps: NegotiationDeps,
  session: Session,
  { from, octets, reach }: AnswerGiven,
): Promise<AnswerOutcome> {
  const read = parseMsrpDescription(octets);
  if (!read.ok) return malformedAnswer(read.error);
  const resolved = await deps.names.addressesOf(namesIn(read.value));
  if (deps.sessions.get(session.id) !== session) return closedMeanwhile;
  const open = session.openOffer;
  if (open === undefined || open.from === from) return noOffer;
  const sent = sentTo(open, read.value, reach);
  const plan = planAnswer(sent, read.value, resolved);
  if (plan.kind === "refused") return plan;
  if (plan.kind === "offer again without cema")
    return {
      kind: "offer-again",
      description: offerTo(deps, session, open, { reach: reachOf(open, sent), isWithoutCema: true }),
    };
  session.openOffer = undefined;
  session.lastSent[from] = sent.octets;
  const { sections } = plan;
  const isAgreed = (index: number) => sections[index]?.kind === "agreed";
  const description = answerFor(deps, session, { open, answer: read.value, isAgreed });
  if (!session.isAnsweredEarly) session.lastSent[open.from] = description;
  session.isAnsweredEarly = false;
  agree(deps, session, { open, sent, sections: plan.sections });
  return { kind: "translated", description };
}

/** An answer that belongs to no offer. */
export const noOffer: Refused = {
  kind: "refused",
  status: 488,
  reason: "Not Acceptable Here",
  warning: { code: "399", text: "An answer without an offer" },
};

/** Of several offers, the one that was answered: the protocol of an answer is that of its offer. @spec rfc3264#6 */
function sentTo({ sent }: OpenOffer, answer: MsrpDescription, reach: msrpRelay.Reach): SentOffer {
  const named = sent.get(reach);
  if (named !== undefined && answersTo(answer, named.point)) return named;
  const other = [...sent.values()].find(({ point }) => answersTo(answer, point)) ?? named;
  const [any] = sent.values();
  const chosen = other ?? any;
  if (chosen === undefined) throw new Error("an offer went to nobody");
  return chosen;
}

function reachOf({ sent }: OpenOffer, chosen: SentOffer): msrpRelay.Reach {
  for (const [reach, one] of sent) if (one === chosen) return reach;
  return "tcp";
}

interface Answered {
  readonly open: OpenOffer;
  readonly answer: MsrpDescription;
  /** Whether the section at this place is taken. */
  readonly isAgreed: (index: number) => boolean;
}

/** An answer as the author of the offer reads it: our ends in the place of its author's, under the origin that it knows. */
export function answerFor(
  deps: NegotiationDeps,
  session: Session,
  { open, answer, isAgreed }: Answered,
): Uint8Array {
  const edits = open.sections.map((plan, index): SectionEdit => {
    const end = session.streams.get(index)?.[open.from];
    if (plan.kind === "closed" || !isAgreed(index) || end === undefined)
      return closed(plan, open.offer, index);
    const { point, role: setup, hasCema } = plan;
    const direction = answeredDirection(open.offer, answer, index);
    return { kind: "anchor", end: { point, sessionId: end.sessionId, setup, hasCema, ...direction } };
  });
  const written = write(deps, session, answer, edits);
  return nextDescription(session.lastSent[open.from], written, deps.clock.nowMs());
}

/** An answer says no more than what was offered, also where its author does. @spec rfc3264#6.1 @spec R-sdp-5 */
function answeredDirection(
  { media: offered }: MsrpDescription,
  { media: answered }: MsrpDescription,
  index: number,
): { readonly direction?: Direction } {
  const [ours, theirs] = [offered[index], answered[index]];
  if (ours?.kind !== "msrp" || theirs?.kind !== "msrp") return {};
  return { direction: answerDirections[ours.direction][theirs.direction] };
}

interface Agreed {
  readonly open: OpenOffer;
  readonly sent: SentOffer;
  readonly sections: readonly AnsweredSection[];
}

function agree({ sessions }: NegotiationDeps, session: Session, { open, sent, sections }: Agreed): void {
  session.isEstablished = true;
  for (const [index, plan] of open.sections.entries()) {
    const stream = session.streams.get(index);
    const answered = sections[index];
    if (stream === undefined) continue;
    if (plan.kind === "closed" || answered?.kind !== "agreed") sessions.closeStream(session, index);
    else {
      stream[acrossFrom(open.from)].agree(answered.agreement, sent.point);
      stream[open.from].agree(plan.agreement, plan.point);
    }
  }
}

/** Names that have to be looked up before it is known whether a middlebox has been at work. @spec rfc6714#4.4 */
function namesIn({ media }: MsrpDescription): readonly string[] {
  const names = media.flatMap((section) => (section.kind === "msrp" ? namesToResolve(section) : []));
  return [...new Set(names)].filter((name) => !name.endsWith(".invalid")).slice(0, mostNames);
}

const mostNames = 8;
