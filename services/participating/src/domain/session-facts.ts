import type { Conversation, Invitation, RegisteredDevice, sipCore } from "@heliograph/contracts";
import type { msrpRelay } from "@heliograph/contracts";
import { err, ok, type Result } from "@heliograph/kernel";
import {
  isAlteredByMiddlebox,
  type MsrpDescription,
  type MsrpMedia,
  namesToResolve,
  parseMsrpDescription,
} from "@heliograph/sdp";
import { asksForFeature } from "./caller-preferences.js";
import type { Refused } from "./pager-limits.js";
import { readSessionContent, type SessionContent } from "./session-content.js";

type Reach = msrpRelay.Reach;

/** What a user has to be provisioned for. */
export type SessionService = sipCore.Profile["services"][number];

/** What we have to know of an INVITE before anything is decided about it. */
export interface SessionFacts {
  readonly purpose: Conversation["purpose"];
  /** Everything that both users have to be provisioned for. */
  readonly services: readonly SessionService[];
  readonly content: SessionContent;
  /** How large the largest message will be, as far as the offer says. @spec rfc5547#8.7 */
  readonly announcedBytes: number | undefined;
  /** Whether the media were offered over TLS. */
  readonly isSecure: boolean;
  /** How the caller reaches a relay. */
  readonly reach: Reach;
  /** A middlebox has changed the c/m-line and not the path. @spec PF-09 */
  readonly isAltered: boolean;
  /** The registration of the caller's device, where it has one. @spec PF-11 */
  readonly callerDevice?: RegisteredDevice;
}

/** The tag of large-message mode. */
export const largeMessageTag = "+g.oma.sip-im.large-message";

/**
 * Reads of an INVITE what decides about it: which mode it asks for, what it carries, how its sender reaches a relay.
 *
 * @spec GEN-09 @spec DF-03 @spec CL-35 @spec PF-09 @spec PF-23
 */
export function readSessionFacts(
  invitation: Invitation,
  deferredUser: string,
): Result<SessionFacts, Refused> {
  const content = readSessionContent(invitation.body);
  if (!content.ok) return content;
  const purpose = purposeOf(invitation, deferredUser);
  if (content.value.description === undefined) return ok(withoutOffer(invitation, purpose, content.value));
  const offer = readOffer(content.value.description);
  if (!offer.ok) return offer;
  const sessions = offer.value;
  const [first] = sessions;
  if (first === undefined) return err({ kind: "refuse", name: "no-message-session" });
  return ok({
    purpose,
    services: servicesFor(purpose, sessions),
    content: content.value,
    announcedBytes: announcedBytesOf(sessions),
    isSecure: isSecureMedia(first),
    reach: reachOfMedia(first),
    isAltered: sessions.some(
      (media) => namesToResolve(media).length === 0 && isAlteredByMiddlebox(media, new Map()),
    ),
  });
}

/** How whoever wrote a description reaches a relay; TCP where that cannot be seen. @spec MS-22 @spec rfc7977#5.2 */
export function reachOf(description: Uint8Array): Reach {
  const offer = readOffer(description);
  const first = offer.ok ? offer.value[0] : undefined;
  return first ? reachOfMedia(first) : "tcp";
}

/** What a session needs whose first offer this was. */
export function servicesOf(
  purpose: SessionFacts["purpose"],
  description: Uint8Array,
): readonly SessionService[] {
  const offer = readOffer(description);
  return servicesFor(purpose, offer.ok ? offer.value : []);
}

function readOffer(description: Uint8Array): Result<readonly MsrpMedia[], Refused> {
  const read = parseMsrpDescription(description);
  if (!read.ok) {
    const because = `${read.error.rule}, octet ${read.error.offset}`;
    return err({ kind: "refuse", name: "malformed-description", details: { because } });
  }
  return ok(sessionsOf(read.value));
}

function sessionsOf({ media }: MsrpDescription): readonly MsrpMedia[] {
  return media.filter((one): one is MsrpMedia => one.kind === "msrp");
}

function withoutOffer(
  { transport }: Invitation,
  purpose: SessionFacts["purpose"],
  content: SessionContent,
): SessionFacts {
  const isWebSocket = transport === "ws" || transport === "wss";
  return {
    purpose,
    services: servicesFor(purpose, []),
    content,
    announcedBytes: undefined,
    isSecure: transport === "tls" || transport === "wss",
    reach: isWebSocket ? "ws" : transport === "tls" ? "tls" : "tcp",
    isAltered: false,
  };
}

function purposeOf(invitation: Invitation, deferredUser: string): SessionFacts["purpose"] {
  if (invitation.recipient.startsWith(`sip:${deferredUser}@`)) return "retrieval";
  return asksForFeature(invitation, largeMessageTag) ? "large-message" : "session";
}

function servicesFor(
  purpose: SessionFacts["purpose"],
  sessions: readonly MsrpMedia[],
): readonly SessionService[] {
  if (purpose === "large-message") return ["large-message"];
  if (purpose === "retrieval") return [];
  const files = sessions.filter(isForFile);
  if (files.length === 0) return ["session"];
  return files.length === sessions.length ? ["file-transfer"] : ["session", "file-transfer"];
}

/** A selector that says nothing only says that files are understood. @spec rfc5547#8.5 */
function isForFile({ file }: MsrpMedia): boolean {
  if (file === undefined) return false;
  const { name, size, type, hashes } = file.selector;
  return name !== undefined || size !== undefined || type !== undefined || hashes.length > 0;
}

function announcedBytesOf(sessions: readonly MsrpMedia[]): number | undefined {
  const sizes = sessions.flatMap(({ file }) => file?.selector.size ?? []);
  return sizes.length === 0 ? undefined : Math.max(...sizes);
}

/** WebSocket says in its path that it is one. */
function reachOfMedia(media: MsrpMedia): Reach {
  if (media.path[0].transport === "ws") return "ws";
  return isSecureMedia(media) ? "tls" : "tcp";
}

function isSecureMedia({ line, path }: MsrpMedia): boolean {
  return line.protocol === "TCP/TLS/MSRP" || path[0].isSecure;
}
