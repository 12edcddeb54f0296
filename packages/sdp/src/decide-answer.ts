import { accepts, haveTypeInCommon } from "./accept-types.js";
import type { Resolved } from "./address-match.js";
import { answersWithCema, type CemaSide, isAlteredByMiddlebox } from "./cema.js";
import { type ConnectTarget, connectTargetOf } from "./connect-target.js";
import { answerDirections, type Direction } from "./direction.js";
import { answeredFile, type FileTransfer } from "./file-transfer.js";
import type { Media, MsrpDescription } from "./msrp-description.js";
import type { MsrpMedia, MsrpTransport } from "./msrp-media.js";
import { answeredSetup, type ConnectAbility, type Role } from "./setup.js";

/** What the answerer can and wants to do. */
export interface AnswerCapabilities {
  /** The best first: of two sections for the same purpose, the one that stands earlier here is taken. */
  readonly transports: readonly MsrpTransport[];
  readonly acceptTypes: readonly string[];
  /** A type without which a section is no use: `message/cpim` for a room. @spec rfc7701#5.2 */
  readonly requiredType?: string;
  readonly direction: Direction;
  readonly connect: ConnectAbility;
  readonly cema: CemaSide;
  /** How many sections for messages may be taken, and how many for files. */
  readonly maxChats: number;
  readonly maxFiles: number;
  /** The largest file, and whether a part of one is welcome. */
  readonly maxFileBytes?: number;
  readonly acceptsFileRanges: boolean;
}

/** Why a section gets port 0. */
export type MediaRefusal =
  | "removed by the offerer"
  | "not a message session"
  | "transport"
  | "media types"
  | "altered by a middlebox"
  | "nobody can connect"
  | "too many sessions"
  | "file too large"
  | "file range";

/** The decision about one section of the offer, in the offer's order. */
export type MediaAnswer =
  | { readonly kind: "refused"; readonly offer: Media; readonly reason: MediaRefusal }
  | AcceptedMedia;

/** A section that is taken. */
export interface AcceptedMedia {
  readonly kind: "accepted";
  readonly offer: MsrpMedia;
  readonly role: Role;
  readonly direction: Direction;
  readonly hasCema: boolean;
  /** Where to connect, when we are the active side. */
  readonly connectTo?: ConnectTarget;
  /** What the answer says about the file. */
  readonly file?: FileTransfer;
}

/** An answer, or the refusal of the whole with a SIP status and Warning code. */
export type AnswerDecision =
  | { readonly kind: "answer"; readonly media: readonly MediaAnswer[] }
  | { readonly kind: "refused"; readonly status: 488; readonly warning: number; readonly reason: string };

/**
 * Decides each section of an offer. A section that cannot be taken gets port 0; when none is taken although one
 * was offered, the whole is refused.
 *
 * @spec rfc3264#6
 * @spec rfc4975#8.6
 * @spec MS-51
 */
export function decideAnswer(
  offer: MsrpDescription,
  capabilities: AnswerCapabilities,
  resolved: Resolved = new Map(),
): AnswerDecision {
  const answers = offer.media.map((media) => decideMedia(media, capabilities, resolved));
  const media = keepBest(answers, capabilities);
  const refusals = media.flatMap((answer) => (answer.kind === "refused" ? [answer.reason] : []));
  const asked = refusals.filter((reason) => reason !== "removed by the offerer");
  if (refusals.length < media.length || asked.length === 0) return { kind: "answer", media };
  const reason = asked.find((refusal) => refusal !== "not a message session") ?? "not a message session";
  return { kind: "refused", status: 488, ...refusalWarnings[reason] };
}

/** @spec rfc3261#20.43 */
const refusalWarnings = {
  "removed by the offerer": { warning: 304, reason: "No media offered" },
  "not a message session": { warning: 304, reason: "No MSRP session offered" },
  transport: { warning: 302, reason: "MSRP transport not available" },
  "media types": { warning: 305, reason: "None of the offered message types is supported" },
  "altered by a middlebox": { warning: 399, reason: "Connection address does not match the MSRP path" },
  "nobody can connect": { warning: 399, reason: "Neither side can open the connection" },
  "too many sessions": { warning: 304, reason: "No further message session available" },
  "file too large": { warning: 399, reason: "File too large" },
  "file range": { warning: 399, reason: "A part of a file is not accepted" },
} as const satisfies Record<MediaRefusal, { warning: number; reason: string }>;

function decideMedia(media: Media, capabilities: AnswerCapabilities, resolved: Resolved): MediaAnswer {
  if (media.kind === "removed") return { kind: "refused", offer: media, reason: "removed by the offerer" };
  if (media.kind === "other") return { kind: "refused", offer: media, reason: "not a message session" };
  const reason = contentRefusal(media, capabilities) ?? fileRefusal(media, capabilities);
  if (reason !== undefined) return { kind: "refused", offer: media, reason };
  if (isAlteredByMiddlebox(media, resolved)) {
    return { kind: "refused", offer: media, reason: "altered by a middlebox" };
  }
  const role = answeredSetup[media.setup ?? "unsaid"][capabilities.connect];
  if (role === "refused") return { kind: "refused", offer: media, reason: "nobody can connect" };
  return accept(media, role, capabilities);
}

function contentRefusal(
  media: MsrpMedia,
  { transports, acceptTypes, requiredType }: AnswerCapabilities,
): MediaRefusal | undefined {
  if (!transports.includes(media.line.protocol)) return "transport";
  if (requiredType !== undefined && !accepts(media.acceptTypes, requiredType)) return "media types";
  return haveTypeInCommon(acceptTypes, media.acceptTypes) ? undefined : "media types";
}

/** @spec rfc5547#8.3.1 */
function fileRefusal({ file }: MsrpMedia, capabilities: AnswerCapabilities): MediaRefusal | undefined {
  if (file === undefined) return undefined;
  const { maxFileBytes = Number.POSITIVE_INFINITY, acceptsFileRanges } = capabilities;
  if ((file.selector.size ?? 0) > maxFileBytes) return "file too large";
  return file.range !== undefined && !acceptsFileRanges ? "file range" : undefined;
}

function accept(offer: MsrpMedia, role: Role, capabilities: AnswerCapabilities): AcceptedMedia {
  const hasCema = answersWithCema(offer, role, capabilities.cema);
  return {
    kind: "accepted",
    offer,
    role,
    direction: answerDirections[offer.direction][capabilities.direction],
    hasCema,
    ...(role === "active" ? { connectTo: connectTargetOf(offer, hasCema ? "c/m-line" : "path") } : {}),
    ...(offer.file === undefined ? {} : { file: answeredFile(offer.file) }),
  };
}

/** Of the sections that could be taken, keeps as many as there may be, by the rank of their transports. */
function keepBest(
  answers: readonly MediaAnswer[],
  { transports, maxChats, maxFiles }: AnswerCapabilities,
): readonly MediaAnswer[] {
  const ranked = answers
    .filter((answer): answer is AcceptedMedia => answer.kind === "accepted")
    .sort((a, b) => transports.indexOf(a.offer.line.protocol) - transports.indexOf(b.offer.line.protocol));
  const kept = new Set<MediaAnswer>([
    ...ranked.filter(({ offer }) => !isForFile(offer)).slice(0, maxChats),
    ...ranked.filter(({ offer }) => isForFile(offer)).slice(0, maxFiles),
  ]);
  return answers.map((answer) =>
    answer.kind === "refused" || kept.has(answer)
      ? answer
      : { kind: "refused", offer: answer.offer, reason: "too many sessions" },
  );
}

/** Whether a section is for one file; a bare `a=file-selector` only says that files are understood. */
export function isForFile({ file }: MsrpMedia): boolean {
  if (file === undefined) return false;
  const { name, size, type, hashes } = file.selector;
  return hashes.length > 0 || [name, size, type].some((selector) => selector !== undefined);
}
