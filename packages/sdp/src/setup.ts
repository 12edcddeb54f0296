import { attributeOf } from "./attribute.js";
import type { SdpLine } from "./session-description.js";

/** What `a=setup` may say in a description of ours. */
export type Setup = "active" | "passive" | "actpass";

/** What is left to one side once both have spoken. */
export type Role = "active" | "passive";

/** What a side can do about a connection: open one, take one, or either. */
export type ConnectAbility = "connect" | "listen" | "either";

/**
 * What a section says about who connects; nothing when it says nothing, and for `holdconn` and values that
 * nobody knows.
 *
 * @spec rfc6135#4.2.1
 * @spec MS-14
 */
export function setupOf(media: readonly SdpLine[], session: readonly SdpLine[]): Setup | undefined {
  const value = (attributeOf(media, "setup") ?? attributeOf(session, "setup"))?.value.toLowerCase();
  return value === "active" || value === "passive" || value === "actpass" ? value : undefined;
}

/** What to offer: never `passive`. @spec rfc6135#4.2.2 @spec MS-14 */
export const offeredSetup = {
  connect: "active",
  listen: "actpass",
  either: "actpass",
} as const satisfies Record<ConnectAbility, Exclude<Setup, "passive">>;

/**
 * The answerer's role. Row: what was offered, and an offerer that says nothing connects. Column: what the answerer
 * can do. `refused`: nobody could connect.
 *
 * @spec rfc4145#4.1
 * @spec rfc6135#4.2.2
 * @spec D-sdp-1
 */
export const answeredSetup = {
  active: { connect: "refused", listen: "passive", either: "passive" },
  passive: { connect: "active", listen: "refused", either: "active" },
  actpass: { connect: "active", listen: "passive", either: "passive" },
  unsaid: { connect: "refused", listen: "passive", either: "passive" },
} as const satisfies Record<Setup | "unsaid", Record<ConnectAbility, Role | "refused">>;

/**
 * The offerer's role. Row: what it offered. Column: what was answered. An answer that says nothing, or `actpass`,
 * which no answer may say, comes from somebody who waits.
 *
 * @spec rfc4145#4.1
 * @spec R-sdp-2
 */
export const roleOfOfferer = {
  active: { active: "conflict", passive: "active", actpass: "active", unsaid: "active" },
  passive: { active: "passive", passive: "conflict", actpass: "passive", unsaid: "active" },
  actpass: { active: "passive", passive: "active", actpass: "active", unsaid: "active" },
  unsaid: { active: "passive", passive: "active", actpass: "active", unsaid: "active" },
} as const satisfies Record<Setup | "unsaid", Record<Setup | "unsaid", Role | "conflict">>;
