import {
  type AnswerCapabilities,
  type ConnectTarget,
  decideAnswer,
  type Fingerprint,
  type MediaAnswer,
  type MsrpDescription,
  type MsrpMedia,
  type Resolved,
  type Role,
  takeAnswer,
} from "@heliograph/sdp";
import { isWebSocket, protocolOf, type RelayPoint, type RelayPoints } from "./relay-points.js";

/** What is agreed with one end of a stream. */
export interface Agreement {
  /** To-Path of what we send there, as its description has it. */
  readonly path: readonly string[];
  /** Where we connect; none: the end connects to us. */
  readonly connectTo: ConnectTarget | undefined;
  /** What its certificate must match. @spec MS-12 */
  readonly fingerprints: readonly Fingerprint[];
}

/** One section of a description that we stand in the middle of. */
export type SectionPlan =
  /** The author gets, or gave, port 0. */
  | { readonly kind: "closed"; readonly protocol: string }
  | {
      readonly kind: "anchored";
      readonly agreement: Agreement;
      /** Our role towards the author, and what our answer to it says. */
      readonly role: Role;
      readonly hasCema: boolean;
      /** Where the author comes to. */
      readonly point: RelayPoint;
    };

/** Refused as a whole; a SIP status and a Warning code. */
export interface Refused {
  readonly kind: "refused";
  readonly status: number;
  readonly reason: string;
  readonly warning?: { readonly code: string; readonly text: string };
}

/** What a plan is made with. */
export interface Surroundings {
  readonly points: RelayPoints;
  /** The addresses of names in the description. */
  readonly resolved: Resolved;
  readonly maxMessageBytes: number;
}

/** What became of an offer. */
export type OfferPlan =
  | { readonly kind: "planned"; readonly sections: readonly SectionPlan[]; readonly hasCema: boolean[] }
  | Refused;

const maxFiles = 16;
const discardPort = 9;

/**
 * Decides how each section of an offer is anchored: a conversation and any number of files up to sixteen, each a stream
 * of its own. What is not an MSRP session is closed, and so is what nobody could connect.
 *
 * @spec PF-08
 * @spec PF-09
 * @spec MS-14
 * @spec MS-15
 * @spec MS-57
 */
export function planOffer(offer: MsrpDescription, surroundings: Surroundings): OfferPlan {
  const decision = decideAnswer(offer, capabilitiesOf(surroundings), surroundings.resolved);
  if (decision.kind === "refused") {
    const { status, warning: code, reason } = decision;
    return {
      kind: "refused",
      status,
      reason: "Not Acceptable Here",
      warning: { code: String(code), text: reason },
    };
  }
  const sections = decision.media.map((media) => planSection(media, surroundings.points));
  const isLost = decision.media.some(({ kind }) => kind === "accepted");
  if (isLost && sections.every(({ kind }) => kind === "closed")) return nobodyConnects;
  return {
    kind: "planned",
    sections,
    hasCema: offer.media.map((media) => media.kind === "msrp" && media.hasCema),
  };
}

const nobodyConnects: Refused = {
  kind: "refused",
  status: 488,
  reason: "Not Acceptable Here",
  warning: { code: "399", text: "Neither side can open the connection" },
};

function capabilitiesOf({ points, maxMessageBytes }: Surroundings): AnswerCapabilities {
  return {
    transports: points.protocols,
    acceptTypes: ["*"],
    direction: "sendrecv",
    connect: "either",
    cema: { wantsCema: true, usesRelay: false },
    maxChats: 1,
    maxFiles,
    maxFileBytes: maxMessageBytes,
    acceptsFileRanges: true,
  };
}

function planSection(media: MediaAnswer, points: RelayPoints): SectionPlan {
  const { protocol } = media.offer.line;
  if (media.kind === "refused") return { kind: "closed", protocol };
  const point = points.pointOf(media.offer);
  if (point === undefined) return { kind: "closed", protocol };
  const { hasCema } = media;
  if (media.role === "passive" || isWebSocket(point.transport)) {
    return { kind: "anchored", agreement: agreementWith(media.offer), role: "passive", hasCema, point };
  }
  if (!canConnectTo(media.connectTo)) return { kind: "closed", protocol };
  const agreement = agreementWith(media.offer, media.connectTo);
  return { kind: "anchored", agreement, role: "active", hasCema, point };
}

/** A relay in front of an end shows a certificate of its own, for which an authority vouches. @spec MS-12 @spec MS-28 */
function agreementWith(media: MsrpMedia, connectTo?: ConnectTarget): Agreement {
  const path = media.path.map(({ text }) => text);
  return { path, connectTo, fingerprints: path.length > 1 ? [] : media.fingerprints };
}

/** TCP and TLS alone; other transports are legal on a path, but nothing that we could open. @spec MS-55 */
function canConnectTo(target: ConnectTarget | undefined): target is ConnectTarget {
  return target?.transport === "tcp" && target.port !== 0 && target.port !== discardPort;
}

/** What became of an answer. */
export type AnswerPlan =
  | { readonly kind: "planned"; readonly sections: readonly AnsweredSection[] }
  | { readonly kind: "offer again without cema" }
  | Refused;

/** What one section of an answer agrees to. */
export type AnsweredSection =
  | { readonly kind: "closed" }
  | { readonly kind: "agreed"; readonly agreement: Agreement };

/**
 * Decides what an answer to an offer of ours means: for whom we wait, and to whom we connect. An end that would have us
 * connect where nobody can is waited for.
 *
 * @spec PF-08
 * @spec PF-09
 * @spec MS-14
 * @spec MS-15
 */
export function planAnswer(
  sent: { readonly description: MsrpDescription; readonly point: RelayPoint },
  answer: MsrpDescription,
  resolved: Resolved,
): AnswerPlan {
  const outcome = takeAnswer(sent.description, answer, { usesRelay: false }, resolved);
  if (outcome.kind === "offer again without cema") return outcome;
  if (outcome.kind === "illegal") {
    const text = `Section ${outcome.index + 1} of the answer: ${outcome.reason}`;
    return { kind: "refused", status: 488, reason: "Not Acceptable Here", warning: { code: "399", text } };
  }
  const isWs = isWebSocket(sent.point.transport);
  const sections = outcome.media.map((media): AnsweredSection => {
    if (media.kind === "refused") return { kind: "closed" };
    const connects = media.role === "active" && !isWs && canConnectTo(media.connectTo);
    return { kind: "agreed", agreement: agreementWith(media.peer, connects ? media.connectTo : undefined) };
  });
  return { kind: "planned", sections };
}

/** Whether an answer may belong to an offer that named this listener. */
export function answersTo(answer: MsrpDescription, point: RelayPoint): boolean {
  return answer.media.every((media) => media.kind !== "msrp" || media.line.protocol === protocolOf(point));
}
