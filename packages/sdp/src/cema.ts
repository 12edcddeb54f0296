import { pathMatchesConnection, type Resolved } from "./address-match.js";
import type { MsrpMedia } from "./msrp-media.js";
import type { Role } from "./setup.js";

/** What CEMA needs to know of our side. */
export interface CemaSide {
  /** Whether we want CEMA at all. */
  readonly wantsCema: boolean;
  /** Whether a relay stands before us, so that our path has more than one URI. */
  readonly usesRelay: boolean;
}

/** Whether to refuse an offer because a middlebox without CEMA has changed it. @spec rfc6714#4.3 @spec PF-09 */
export function isAlteredByMiddlebox(offer: MsrpMedia, resolved: Resolved): boolean {
  return !offer.hasCema && !pathMatchesConnection(offer, resolved);
}

/** Whether the answer says `msrp-cema`. Never for WebSocket. @spec rfc6714#4.3 @spec rfc7977#1 @spec MS-15 */
export function answersWithCema(offer: MsrpMedia, role: Role, { wantsCema, usesRelay }: CemaSide): boolean {
  if (!wantsCema || !offer.hasCema || offer.path.some(({ transport }) => transport === "ws")) return false;
  const offererHasRelay = offer.path.length > 1;
  if (offererHasRelay && usesRelay) return false;
  if (offererHasRelay && (offer.setup ?? "active") === "active") return false;
  return !usesRelay || role === "passive";
}

/** What an answer to our CEMA offer means for the connection. */
export type CemaOutcome = "offer again without cema" | "connect by path" | "connect by c/m-line";

/** @spec rfc6714#4.2 @spec MS-15 @spec PF-09 */
export function decideCemaOutcome(
  answer: MsrpMedia,
  role: Role,
  usesRelay: boolean,
  resolved: Resolved,
): CemaOutcome {
  if (answer.hasCema) return "connect by c/m-line";
  const matches = pathMatchesConnection(answer, resolved);
  const answererHasRelay = answer.path.length > 1;
  if (!matches && (answer.setup === "active" || (role === "active" && (usesRelay || answererHasRelay)))) {
    return "offer again without cema";
  }
  return answererHasRelay && matches ? "connect by path" : "connect by c/m-line";
}
