import {
  type AcceptedMedia,
  type AnswerDecision,
  type ConnectTarget,
  composeAnswer,
  composeOffer,
  decideAnswer,
  type Direction,
  type Fingerprint,
  type LocalSession,
  type MsrpDescription,
  type MsrpMedia,
  type Origin,
  parseMsrpDescription,
  parsePathUri,
  type PathUri,
  type Role,
  takeAnswer,
} from "@heliograph/sdp";

/** What our end of a session is. */
export interface OurEnd {
  /** Our MSRP URI. */
  readonly uri: string;
  /** Names the session in o=. */
  readonly sessionId: string;
  /** Who connects where an offer leaves it open. */
  readonly setup: "active" | "passive";
  /** Where we connect in the place of what a path says. */
  readonly relay: { readonly host: string; readonly port: number } | undefined;
}

/** A session as both sides have agreed on it, from our side. */
export interface Agreed {
  readonly uri: string;
  readonly role: Role;
  readonly peerPath: readonly string[];
  readonly connectTo?: ConnectTarget;
  readonly fingerprints?: readonly Fingerprint[];
  readonly direction: Direction;
  readonly acceptTypes: readonly string[];
  readonly acceptWrappedTypes: readonly string[];
  readonly maxMessageBytes: number;
  readonly peerAcceptTypes: readonly string[];
  readonly peerMaxBytes?: number;
}

/** An offer as we answer it. */
export type Answered =
  | {
      readonly kind: "answered";
      readonly answer: Uint8Array;
      readonly agreed: Agreed;
      /** The size of the message, where its sender announces it. @spec rfc5547#6 */
      readonly announcedBytes: number | undefined;
    }
  | { readonly kind: "refused"; readonly reason: "not-acceptable" | "too-large" };

/**
 * Answers an offer: `recvonly` to take messages of any type up to so many octets, `sendonly` to give messages in
 * message/cpim. Where the offer leaves it open who connects, it is who `end` says (R-deferred-store-14).
 *
 * @spec DF-05 @spec DF-30 @spec rfc6135#4.2.2 @spec rfc4975#8.9
 */
export function answerOffer(
  offer: Uint8Array,
  end: OurEnd,
  wish: { readonly direction: "recvonly" | "sendonly"; readonly maxBytes: number },
): Answered {
  const local = localOf(end, wish.direction === "recvonly" ? ["*"] : ["message/cpim"], wish.maxBytes);
  const description = parseMsrpDescription(offer);
  if (!description.ok) return { kind: "refused", reason: "not-acceptable" };
  const decided = decideAnswer(description.value, {
    transports: ["TCP/MSRP"],
    acceptTypes: ["*"],
    ...(wish.direction === "sendonly" && { requiredType: "message/cpim" }),
    direction: wish.direction,
    connect: connectAbility(description.value, end),
    cema: { wantsCema: false, usesRelay: false },
    maxChats: 1,
    maxFiles: 1,
    maxFileBytes: wish.maxBytes,
    acceptsFileRanges: false,
  });
  if (decided.kind === "refused")
    return {
      kind: "refused",
      reason: isTooLarge(description.value, wish.maxBytes) ? "too-large" : "not-acceptable",
    };
  const { decision, taken } = withOneSession(decided);
  if (taken?.direction !== wish.direction) return { kind: "refused", reason: "not-acceptable" };
  return {
    kind: "answered",
    answer: composeAnswer(originOf(end, local), decision, () => local),
    agreed: agreedWith(end, taken.offer, { ...taken, direction: wish.direction }, local),
    announcedBytes: taken.offer.file?.selector.size,
  };
}

/** Offers to give one message of this size. @spec DF-34 @spec rfc6135#4.2.2 @spec rfc5547#8.2.1 */
export function offerMessage(end: OurEnd, sizeBytes: number): Uint8Array {
  const local = localOf(end, ["message/cpim"], undefined);
  return composeOffer(originOf(end, local), [
    {
      ...local,
      transport: "TCP/MSRP",
      setup: "actpass",
      direction: "sendonly",
      hasCema: false,
      file: { selector: { size: sizeBytes, hashes: [] } },
    },
  ]);
}

/** What an answer to {@link offerMessage} comes to; nothing where it takes no message. */
export function takeOwnersAnswer(end: OurEnd, offer: Uint8Array, answer: Uint8Array): Agreed | undefined {
  const ours = parseMsrpDescription(offer);
  const theirs = parseMsrpDescription(answer);
  if (!ours.ok || !theirs.ok) return undefined;
  const outcome = takeAnswer(ours.value, theirs.value, { usesRelay: false });
  const [media] = outcome.kind === "taken" ? outcome.media : [];
  if (media?.kind !== "open" || media.direction !== "sendonly") return undefined;
  return agreedWith(end, media.peer, media, localOf(end, ["message/cpim"], undefined));
}

/** Who offers to be active is waited for in any case. @spec rfc6135#4.2.2 */
function connectAbility({ media }: MsrpDescription, { setup }: OurEnd): "connect" | "listen" {
  const isOpen = media.some((one) => one.kind === "msrp" && one.setup === "actpass");
  return setup === "active" && isOpen ? "connect" : "listen";
}

function isTooLarge({ media }: MsrpDescription, maxBytes: number): boolean {
  return media.some((one) => one.kind === "msrp" && (one.file?.selector.size ?? 0) > maxBytes);
}

/** A leg is one session: of several sections that could be taken the first one is. */
function withOneSession({ media }: Extract<AnswerDecision, { kind: "answer" }>) {
  const taken = media.find((answer): answer is AcceptedMedia => answer.kind === "accepted");
  const decision = {
    kind: "answer",
    media: media.map((answer) =>
      answer.kind === "refused" || answer === taken
        ? answer
        : ({ kind: "refused", offer: answer.offer, reason: "too many sessions" } as const),
    ),
  } as const;
  return { decision, taken };
}

function localOf({ uri }: OurEnd, acceptTypes: readonly string[], maxSize: number | undefined): LocalSession {
  const path = pathUriOf(uri);
  return {
    host: path.host,
    port: path.port,
    path: [path],
    acceptTypes,
    ...(maxSize !== undefined && { maxSize }),
  };
}

function originOf({ sessionId }: OurEnd, { host }: LocalSession): Origin {
  return { username: "-", sessionId, version: 1, host };
}

function agreedWith(
  { uri, relay }: OurEnd,
  peer: MsrpMedia,
  terms: Pick<Agreed, "role" | "direction" | "connectTo">,
  { acceptTypes, maxSize = 0 }: LocalSession,
): Agreed {
  const { role, direction, connectTo } = terms;
  return {
    uri,
    role,
    peerPath: peer.path.map(({ text }) => text),
    ...(connectTo && { connectTo: { ...connectTo, ...relay } }),
    ...(peer.fingerprints.length > 0 && { fingerprints: peer.fingerprints }),
    direction,
    acceptTypes,
    acceptWrappedTypes: [],
    maxMessageBytes: maxSize,
    peerAcceptTypes: peer.acceptTypes,
    ...(peer.maxSize !== undefined && { peerMaxBytes: peer.maxSize }),
  };
}

/** A URI of our own end points reads, or they are broken. */
function pathUriOf(uri: string): PathUri {
  const path = parsePathUri(uri);
  if (!path.ok) throw new Error(`not an MSRP URI of ours: ${uri}`);
  return path.value;
}
