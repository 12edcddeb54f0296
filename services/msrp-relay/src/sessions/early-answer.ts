import {
  answerDirections,
  composeAnswer,
  type Media,
  type MediaAnswer,
  parseMsrpDescription,
} from "@heliograph/sdp";
import type { Refused, SectionPlan } from "../domain/plan-media.js";
import { type RelayPoint, uriAt } from "../domain/relay-points.js";
import { answerFor, type NegotiationDeps, noOffer } from "./negotiation.js";
import type { OpenOffer, Session } from "./session.js";

/** An answer of ours, or why there is none. */
type EarlyAnswer = { readonly kind: "translated"; readonly description: Uint8Array } | Refused;

/**
 * Answers the caller's open offer for a callee who has not answered: our ends, in the direction that was offered, and any
 * type, because nobody knows yet what the callee takes. The caller may connect and send from then on; the offer stays open
 * for the callee, whose answer may say less.
 *
 * @spec PF-07
 * @spec rfc4975#8.6
 * @spec R-msrp-relay-6
 */
export function answerOpenOffer(deps: NegotiationDeps, session: Session): EarlyAnswer {
  const open = session.openOffer;
  if (open?.from !== "caller") return noOffer;
  const answer = compose(open, deps.points.pointFor("tcp"), deps.clock.nowMs());
  const sections = open.sections.map(({ kind }) => kind === "anchored");
  const description = answerFor(deps, session, {
    open,
    answer,
    isAgreed: (index) => sections[index] === true,
  });
  session.lastSent.caller = description;
  session.isAnsweredEarly = true;
  for (const [index, plan] of open.sections.entries()) {
    if (plan.kind === "anchored") session.streams.get(index)?.caller.agree(plan.agreement, plan.point);
  }
  return { kind: "translated", description };
}

/** Everything in it that is about our end is written over. */
function compose({ offer, sections }: OpenOffer, point: RelayPoint, nowMs: number) {
  const media = offer.media.map((section, index) => answerTo(section, sections[index]));
  const origin = { username: "-", sessionId: String(Math.floor(nowMs)), version: 1, host: point.host };
  const { host, port } = point;
  const end = { host, port, path: [uriAt(point, "0")], acceptTypes: ["*"] };
  const read = parseMsrpDescription(composeAnswer(origin, { kind: "answer", media }, () => end));
  if (!read.ok) throw new Error(`we wrote an answer that cannot be read: ${read.error.rule}`);
  return read.value;
}

function answerTo(offer: Media, plan: SectionPlan | undefined): MediaAnswer {
  if (offer.kind !== "msrp" || plan?.kind !== "anchored")
    return { kind: "refused", offer, reason: "not a message session" };
  const { role, hasCema } = plan;
  return { kind: "accepted", offer, role, hasCema, direction: answerDirections[offer.direction].sendrecv };
}
