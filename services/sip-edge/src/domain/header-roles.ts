/**
 * What a header field is to the edge. A field without a role is end to end: it passes verbatim and in order.
 *
 * `envelope`: belongs to one hop, or stands in a field of its own of the pager message.
 * `credentials`: for one realm; ours are consumed, others pass (GEN-33).
 * `asserted`: means something between trusted nodes only: dropped on the way in and on the way out elsewhere.
 * `home`: comes from our users too, and never leaves the trust domain.
 * `history`: shows where a request has been. `personal`: tells about the sender without need.
 *
 * @spec PF-15 @spec GEN-06 @spec GEN-16 @spec GEN-33 @spec SC-08
 */
export type HeaderRole = "envelope" | "credentials" | "asserted" | "home" | "history" | "personal";

const roles: ReadonlyMap<string, HeaderRole> = new Map<string, HeaderRole>([
  ["via", "envelope"],
  ["from", "envelope"],
  ["to", "envelope"],
  ["call-id", "envelope"],
  ["cseq", "envelope"],
  ["max-forwards", "envelope"],
  ["max-breadth", "envelope"],
  ["contact", "envelope"],
  ["content-type", "envelope"],
  ["content-length", "envelope"],
  ["route", "envelope"],
  ["record-route", "envelope"],
  ["path", "envelope"],
  ["service-route", "envelope"],
  ["proxy-require", "envelope"],
  ["security-client", "envelope"],
  ["security-verify", "envelope"],
  ["p-asserted-identity", "envelope"],
  ["p-preferred-identity", "envelope"],
  ["p-preferred-service", "envelope"],
  ["p-served-user", "envelope"],
  ["p-called-party-id", "envelope"],
  ["p-associated-uri", "envelope"],
  ["authorization", "credentials"],
  ["proxy-authorization", "credentials"],
  ["p-charging-vector", "asserted"],
  ["p-charging-function-addresses", "asserted"],
  ["p-asserted-service", "asserted"],
  ["p-visited-network-id", "asserted"],
  ["p-user-database", "asserted"],
  ["p-profile-key", "asserted"],
  ["p-private-network-indication", "asserted"],
  ["x-3gpp-asserted-identity", "asserted"],
  ["x-3gpp-intended-identity", "asserted"],
  ["x-xcap-asserted-identity", "asserted"],
  ["p-access-network-info", "home"],
  ["history-info", "history"],
  ["subject", "personal"],
  ["call-info", "personal"],
  ["organization", "personal"],
  ["user-agent", "personal"],
  ["reply-to", "personal"],
  ["in-reply-to", "personal"],
]);

/** The role of a header by its key (`headerKeyOf`). */
export function headerRoleOf(key: string): HeaderRole | undefined {
  return roles.get(key);
}
