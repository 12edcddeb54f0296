import { ok, type Result } from "@heliograph/kernel";
import { parseTypeList } from "./accept-types.js";
import { attributeOf, attributesOf } from "./attribute.js";
import { parseChatroom } from "./chatroom.js";
import { parseConnectionLine } from "./connection-line.js";
import { type Direction, directionOf } from "./direction.js";
import { type FileTransfer, readFileTransfer } from "./file-transfer.js";
import { type Fingerprint, parseFingerprint } from "./fingerprint.js";
import { type MalformedSdp, malformed } from "./malformed-sdp.js";
import type { MediaLine } from "./media-line.js";
import { type MsrpPath, parsePath } from "./msrp-path.js";
import type { SdpLine } from "./session-description.js";
import { type Setup, setupOf } from "./setup.js";

/** What MSRP runs over, as an `m=` line says it; WebSocket is `TCP/TLS/MSRP` too. @spec rfc7977#5.2.2 */
export type MsrpTransport = "TCP/MSRP" | "TCP/TLS/MSRP";

/** Whether an `m=` line's protocol is MSRP. */
export function isMsrpTransport(protocol: string): protocol is MsrpTransport {
  return protocol === "TCP/MSRP" || protocol === "TCP/TLS/MSRP";
}

/** A message session as its media section describes it. */
export interface MsrpMedia {
  readonly kind: "msrp";
  readonly line: MediaLine & { readonly protocol: MsrpTransport };
  /** The host of the `c=` line that counts for this section. */
  readonly host: string;
  readonly path: MsrpPath;
  readonly acceptTypes: readonly string[];
  readonly acceptWrappedTypes: readonly string[];
  /** The largest whole message that the author of this description wants. */
  readonly maxSize?: number;
  readonly setup?: Setup;
  /** Whether the section says `msrp-cema`. */
  readonly hasCema: boolean;
  readonly direction: Direction;
  readonly fingerprints: readonly Fingerprint[];
  /** A file, or the bare `a=file-selector` of somebody who understands files. */
  readonly file?: FileTransfer;
  readonly chatroom?: ReadonlySet<string>;
  readonly label?: string;
}

type Part<Key extends keyof MsrpMedia> = Result<Pick<MsrpMedia, Key>, MalformedSdp>;
type OptionalPart<Key extends keyof MsrpMedia> = Result<Partial<Pick<MsrpMedia, Key>>, MalformedSdp>;

/** Reads a media section that is MSRP and not refused. @spec rfc4975#8 */
export function readMsrpMedia(
  line: MsrpMedia["line"],
  lines: readonly SdpLine[],
  session: readonly SdpLine[],
): Result<MsrpMedia, MalformedSdp> {
  const routing = readRouting(lines, session);
  if (!routing.ok) return routing;
  const content = readContent(lines);
  if (!content.ok) return content;
  const extensions = readExtensions(lines, session);
  if (!extensions.ok) return extensions;
  const setup = setupOf(lines, session);
  const label = attributeOf(lines, "label")?.value;
  return ok({
    kind: "msrp",
    line,
    ...routing.value,
    ...content.value,
    ...extensions.value,
    direction: directionOf(lines, session),
    hasCema: attributeOf(lines, "msrp-cema") !== undefined,
    ...(setup === undefined ? {} : { setup }),
    ...(label === undefined ? {} : { label }),
  });
}

function readRouting(lines: readonly SdpLine[], session: readonly SdpLine[]): Part<"host" | "path"> {
  const isConnection = ({ type }: SdpLine) => type === "c";
  const connection = lines.find(isConnection) ?? session.find(isConnection);
  if (connection === undefined) return malformed("connection missing", lines[0]?.offset ?? 0);
  const host = parseConnectionLine(connection);
  if (!host.ok) return host;
  const attribute = attributeOf(lines, "path");
  if (attribute === undefined) return malformed("path missing", lines[0]?.offset ?? 0);
  const path = parsePath(attribute.value, attribute.offset);
  return path.ok ? ok({ host: host.value, path: path.value }) : path;
}

function readContent(
  lines: readonly SdpLine[],
): Result<Pick<MsrpMedia, "acceptTypes" | "acceptWrappedTypes" | "maxSize">, MalformedSdp> {
  const types = attributeOf(lines, "accept-types");
  if (types === undefined) return malformed("accept-types missing", lines[0]?.offset ?? 0);
  const acceptTypes = parseTypeList(types.value, types.offset);
  if (!acceptTypes.ok) return acceptTypes;
  const wrapped = attributeOf(lines, "accept-wrapped-types");
  const acceptWrappedTypes = wrapped === undefined ? ok([]) : parseTypeList(wrapped.value, wrapped.offset);
  if (!acceptWrappedTypes.ok) return acceptWrappedTypes;
  const maxSize = readMaxSize(lines);
  if (!maxSize.ok) return maxSize;
  return ok({
    acceptTypes: acceptTypes.value,
    acceptWrappedTypes: acceptWrappedTypes.value,
    ...maxSize.value,
  });
}

/** Any number of digits: one that cannot be counted with is as good as the largest that can. @spec rfc4975#8.6 */
function readMaxSize(lines: readonly SdpLine[]): OptionalPart<"maxSize"> {
  const attribute = attributeOf(lines, "max-size");
  if (attribute === undefined) return ok({});
  if (!/^\d+$/.test(attribute.value)) return malformed("max-size", attribute.offset);
  return ok({ maxSize: Math.min(Number(attribute.value), Number.MAX_SAFE_INTEGER) });
}

function readExtensions(
  lines: readonly SdpLine[],
  session: readonly SdpLine[],
): Result<Pick<MsrpMedia, "fingerprints" | "file" | "chatroom">, MalformedSdp> {
  const fingerprints = readFingerprints(lines, session);
  if (!fingerprints.ok) return fingerprints;
  const file = readFileTransfer(lines);
  if (!file.ok) return file;
  const chatroom = readChatroom(lines);
  if (!chatroom.ok) return chatroom;
  return ok({
    ...fingerprints.value,
    ...chatroom.value,
    ...(file.value === undefined ? {} : { file: file.value }),
  });
}

/** The section's own fingerprints, else the session's. @spec rfc8122#5 */
function readFingerprints(lines: readonly SdpLine[], session: readonly SdpLine[]): Part<"fingerprints"> {
  const own = attributesOf(lines, "fingerprint");
  const fingerprints: Fingerprint[] = [];
  for (const { value, offset } of own.length > 0 ? own : attributesOf(session, "fingerprint")) {
    const read = parseFingerprint(value, offset);
    if (!read.ok) return read;
    fingerprints.push(read.value);
  }
  return ok({ fingerprints });
}

function readChatroom(lines: readonly SdpLine[]): OptionalPart<"chatroom"> {
  const attribute = attributeOf(lines, "chatroom");
  if (attribute === undefined) return ok({});
  const chatroom = parseChatroom(attribute.value, attribute.offset);
  return chatroom.ok ? ok({ chatroom: chatroom.value }) : chatroom;
}
