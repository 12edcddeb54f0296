import type { HeaderField, Invitation, PagerMessage, StoreLeg } from "@heliograph/contracts";
import { domainOf } from "@heliograph/sip";

/** What an invitation of ours is made from. */
export interface PushInvitation {
  readonly id: string;
  readonly owner: string;
  readonly message: PagerMessage;
  /** User part of the store's own address in each domain. */
  readonly storeUser: string;
  readonly leg: StoreLeg;
  readonly offer: Uint8Array;
  readonly nowMs: number;
}

/**
 * The INVITE by which a stored message is pushed: the store's own address is asserted, Referred-By says who wrote the
 * message, and the sender stays who it was, for policy is about the sender (R-deferred-store-12). Who wanted privacy is
 * not named.
 *
 * @spec DF-34 @spec DF-35 @spec GEN-08
 */
export function invitationOf(parts: PushInvitation): Invitation {
  const { id, owner, message, storeUser, leg, offer, nowMs } = parts;
  const { sender, privacy, headers, from } = message;
  const isPrivate = privacy.some((value) => value !== "none");
  const author: HeaderField[] = isPrivate ? [] : [["Referred-By", `<${sender.asserted[0] ?? sender.aor}>`]];
  return {
    id,
    requestUri: owner,
    recipient: owner,
    sender: { ...sender, asserted: [storeAddressOf(owner, storeUser)] },
    from,
    to: `<${owner}>`,
    maxForwards: 70,
    privacy,
    contactParams: "",
    headers: [
      ...headers.filter(([name]) => !isOurs.test(name)),
      ["Accept-Contact", "*;+g.oma.sip-im.large-message;require;explicit"],
      ...author,
    ],
    body: { type: "application/sdp", content: offer },
    receivedAtMs: nowMs,
    route: [],
    caller: leg,
  };
}

/** What we say ourselves, and what was about the stored body or the request that brought it. */
const isOurs = /^(accept-contact|referred-by|content-.*|mime-version|expires|accept|in-reply-to|require)$/i;

/** The store's own address for the users of a domain. @spec DF-34 */
function storeAddressOf(owner: string, user: string): string {
  return `sip:${user}@${domainOf(owner) || "anonymous.invalid"}`;
}
