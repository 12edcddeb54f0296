// oxlint-disable-next-line typescript/triple-slash-reference -- an ambient declaration, which projects that import this file must find
/// <reference path="./sdp-transform.d.ts" />
import { write } from "sdp-transform";
import { formatChatroom } from "./chatroom.js";
import { addressVersionOf, bareHostOf } from "./connection-line.js";
import type { AnswerDecision, MediaAnswer } from "./decide-answer.js";
import type { Direction } from "./direction.js";
import { answeredFile, type FileTransfer, formatFileTransfer } from "./file-transfer.js";
import { type Fingerprint, type FingerprintLetters, formatFingerprint } from "./fingerprint.js";
import type { MediaLine } from "./media-line.js";
import type { MsrpDescription } from "./msrp-description.js";
import type { MsrpTransport } from "./msrp-media.js";
import { formatPath, type PathUri } from "./msrp-path.js";
import type { Setup } from "./setup.js";

/** Who makes a description. */
export interface Origin {
  readonly username: string;
  readonly sessionId: string;
  readonly version: number;
  readonly host: string;
}

/** What a section of ours says about our end of a session. */
export interface LocalSession {
  /** What c= and m= say: our own address (rightmost in the path), or under CEMA our relay's. @spec rfc6714#4.2 */
  readonly host: string;
  readonly port: number;
  readonly path: readonly PathUri[];
  readonly acceptTypes: readonly string[];
  readonly acceptWrappedTypes?: readonly string[];
  readonly maxSize?: number;
  readonly fingerprints?: readonly Fingerprint[];
  readonly fingerprintLetters?: FingerprintLetters;
  /** Tokens of `a=chatroom`; the empty list writes the bare attribute. */
  readonly chatroom?: readonly string[];
  readonly label?: string;
}

/** A section that we offer. */
export interface OfferedSession extends LocalSession {
  readonly transport: MsrpTransport;
  readonly setup: Exclude<Setup, "passive">;
  readonly direction: Direction;
  readonly hasCema: boolean;
  readonly file?: FileTransfer;
}

/** A section that stands in an offer because it did before: port 0, with the file that it was for. @spec rfc3264#8.2 @spec rfc5547#8.1 */
export interface ClosedMedia {
  readonly closed: MediaLine;
  readonly file?: FileTransfer;
}

const discardPort = 9;

type WritableMedia = Parameters<typeof write>[0]["media"][number];

/** Writes an offer. @spec rfc4975#8 @spec rfc3264#5 @spec rfc6714#4.2 */
export function composeOffer(
  origin: Origin,
  sessions: readonly (OfferedSession | ClosedMedia)[],
): Uint8Array {
  return compose(
    origin,
    sessions.map((session) =>
      "closed" in session ? refusedMedia(session.closed, session.file) : toMedia(session, session),
    ),
  );
}

/**
 * Writes the answer that was decided: a section for each of the offer's, in its order, port 0 for what is refused.
 * `local` gives our end of each accepted section, by its place in the offer.
 *
 * @spec rfc3264#6
 * @spec rfc4975#8.1
 */
export function composeAnswer(
  origin: Origin,
  decision: Extract<AnswerDecision, { kind: "answer" }>,
  local: (index: number) => LocalSession,
): Uint8Array {
  return compose(
    origin,
    decision.media.map((answer, index) => toAnsweredMedia(answer, index, local)),
  );
}

/** Answers an offer with port 0 in every section. @spec rfc3264#6 */
export function composeRefusal(origin: Origin, offer: MsrpDescription): Uint8Array {
  return compose(
    origin,
    offer.media.map(({ line }) => refusedMedia(line)),
  );
}

function toAnsweredMedia(
  answer: MediaAnswer,
  index: number,
  local: (index: number) => LocalSession,
): WritableMedia {
  if (answer.kind === "refused") {
    const { offer } = answer;
    return refusedMedia(offer.line, offer.kind === "msrp" ? offer.file : undefined);
  }
  const { offer, role: setup, direction, hasCema, file } = answer;
  return toMedia(local(index), {
    transport: offer.line.protocol,
    setup,
    direction,
    hasCema,
    ...(file === undefined ? {} : { file }),
  });
}

/** Of a file, the selectors and the identifier stay. @spec rfc5547#8.3 */
function refusedMedia({ media, protocol, formats }: MediaLine, file?: FileTransfer): WritableMedia {
  const said = file === undefined ? [] : formatFileTransfer(answeredFile(file));
  return {
    type: media,
    port: 0,
    protocol,
    payloads: formats,
    ...(said.length > 0 && { invalid: said.map((value) => ({ value })) }),
  };
}

interface Negotiated extends Pick<OfferedSession, "transport" | "direction" | "hasCema" | "file"> {
  readonly setup: Setup;
}

/** @spec rfc4145#4.1 @spec MS-14 */
function toMedia(local: LocalSession, negotiated: Negotiated): WritableMedia {
  return {
    type: "message",
    port: negotiated.setup === "active" ? discardPort : local.port,
    protocol: negotiated.transport,
    payloads: "*",
    connection: { version: addressVersionOf(local.host), ip: bareHostOf(local.host) },
    setup: negotiated.setup,
    direction: negotiated.direction,
    invalid: attributesOf(local, negotiated).map((value) => ({ value })),
  };
}

function attributesOf(local: LocalSession, { hasCema, file }: Negotiated): readonly string[] {
  const { acceptWrappedTypes = [], maxSize, fingerprints = [], chatroom, label } = local;
  return [
    `accept-types:${local.acceptTypes.join(" ")}`,
    ...(acceptWrappedTypes.length === 0 ? [] : [`accept-wrapped-types:${acceptWrappedTypes.join(" ")}`]),
    ...(maxSize === undefined ? [] : [`max-size:${maxSize}`]),
    `path:${formatPath(local.path)}`,
    ...fingerprints.map((one) => `fingerprint:${formatFingerprint(one, local.fingerprintLetters)}`),
    ...(hasCema ? ["msrp-cema"] : []),
    ...(file === undefined ? [] : formatFileTransfer(file)),
    ...(chatroom === undefined ? [] : [formatChatroom(chatroom)]),
    ...(label === undefined ? [] : [`label:${label}`]),
  ];
}

function compose(
  { username, sessionId, version, host }: Origin,
  media: readonly WritableMedia[],
): Uint8Array {
  const ipVer = addressVersionOf(host);
  const address = bareHostOf(host);
  const text = write({
    version: 0,
    origin: { username, sessionId, sessionVersion: version, netType: "IN", ipVer, address },
    name: "-",
    connection: { version: ipVer, ip: address },
    timing: { start: 0, stop: 0 },
    media,
  });
  return new TextEncoder().encode(withLineCount(text, 5 + linesOf(media)));
}

/** A value with an end of line in it would write lines of its own: ours is broken, and nothing is sent. */
function withLineCount(text: string, expected: number): string {
  const count = text.split(/\r\n|[\r\n]/).length - 1;
  if (count !== expected || text.includes("\0")) throw new Error("a value has an end of line in it");
  return text;
}

function linesOf(media: readonly WritableMedia[]): number {
  return media.reduce((sum, { connection, invalid = [] }) => sum + (connection ? 4 : 1) + invalid.length, 0);
}
