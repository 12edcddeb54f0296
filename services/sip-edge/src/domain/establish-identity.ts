import type { Sender } from "@heliograph/contracts";
import type { Claim } from "./claim.js";
import type { Neighbour, Neighbours } from "./neighbours.js";
import type { ProvedUser } from "./proved-user.js";
import type { Party } from "./served-domains.js";

/** Who sends, and on whose behalf we act: the sender's or the recipient's. */
export type Establishment =
  | {
      readonly kind: "established";
      readonly sender: Sender;
      readonly direction: "originate" | "terminate";
      readonly recipient: Party | undefined;
    }
  /** Credentials of this domain's realm are needed. */
  | { readonly kind: "unproved"; readonly domain: string }
  | { readonly kind: "refused"; readonly status: 403 | 404; readonly reason: string };

/** What the operator decided about other networks. */
export interface Admission {
  readonly neighbours: Neighbours;
  /** `open`: anybody may write to our users. `neighbours`: configured networks only. */
  readonly federation: "open" | "neighbours";
  /** The realm for senders that name none of our domains. */
  readonly defaultDomain: string;
}

/**
 * Who sends a request. Tried in this order: a trusted core's assertion, a neighbour's word, a registration on the
 * same connection, credentials, and last the From of a stranger, who may write to our users and to nobody else.
 * From alone never makes anybody one of our users, and what is for another network is taken from our users only.
 *
 * @spec GEN-06 @spec GEN-07 @spec PF-01 @spec PF-02 @spec SC-08 @spec rfc3325#5 @spec R-sip-edge-9 @spec R-sip-edge-10
 */
export function establishIdentity(claim: Claim, admission: Admission): Establishment {
  return (
    byCore(claim) ??
    byNeighbour(claim) ??
    byConnection(claim) ??
    byCredentials(claim, admission) ??
    byWord(claim, admission)
  );
}

/**
 * A trusted core names the served user, or asserts the sender: its originating and terminating triggers, those for
 * users who are not registered among them. @spec PF-02 @spec SC-03 @spec SC-04 @spec rfc5502#7.2
 */
function byCore(claim: Claim): Establishment | undefined {
  const { source, served } = claim;
  if (source.kind !== "core") return undefined;
  if (served?.session === "orig") return originate(senderAt(served.party, claim), claim.recipient);
  const [identity] = claim.asserted;
  const sender = identity && senderAt(identity.party, claim);
  if (served) return terminate(sender ?? claimedBy(claim.from), served.party);
  if (!sender) return undefined;
  if (sender.kind === "local" || claim.marksOriginating) return originate(sender, claim.recipient);
  const recipient = claim.called ?? claim.recipient;
  return mayTerminate(recipient, claim) ? terminate(sender, recipient) : noRelay;
}

function senderAt(party: Party, { asserted }: Claim): Sender {
  const values = asserted.length > 0 ? asserted.map(({ value }) => value) : [`<${party.aor}>`];
  return { kind: party.domain === undefined ? "trusted" : "local", aor: party.aor, asserted: values };
}

/** A neighbour speaks for its own users, to ours. @spec SC-08 */
function byNeighbour(claim: Claim): Establishment | undefined {
  if (claim.source.kind !== "neighbours") return undefined;
  const sender = claim.source.neighbours
    .map((neighbour) => senderOf(neighbour, claim))
    .find((found) => found);
  if (!sender) return undefined;
  return mayTerminate(claim.recipient, claim) ? terminate(sender, claim.recipient) : noRelay;
}

function senderOf({ domain, isTrusted }: Neighbour, claim: Claim): Sender | undefined {
  const identity = claim.asserted.find(({ party, scheme }) => scheme === "sip" && isIn(domain, party));
  if (isTrusted && identity) {
    return { kind: "trusted", aor: identity.party.aor, asserted: claim.asserted.map(({ value }) => value) };
  }
  return isIn(domain, claim.from) ? claimedBy(claim.from) : undefined;
}

/** A user that has registered over the same connection. */
function byConnection(claim: Claim): Establishment | undefined {
  const { vouched, from, preferred, isAnonymous } = claim;
  const named = vouched.find(({ uris }) => uris.has(from.aor));
  const hinted = () => vouched.find(({ uris }) => preferred.some((aor) => uris.has(aor))) ?? vouched[0];
  const user = named ?? (isAnonymous ? hinted() : undefined);
  return user && originate(localSender(user, claim), claim.recipient);
}

/** A user that has proved to be one, or has to: From is one of our addresses, or names nobody who could vouch for it. */
function byCredentials(claim: Claim, { defaultDomain }: Admission): Establishment | undefined {
  const { proved, from } = claim;
  if (proved) {
    if (claim.isAnonymous || proved.uris.has(from.aor))
      return originate(localSender(proved, claim), claim.recipient);
    return { kind: "refused", status: 403, reason: "From Is Not An Address Of The Authenticated User" };
  }
  if (from.domain !== undefined) return { kind: "unproved", domain: from.domain };
  if (from.aor.startsWith("tel:")) return { kind: "unproved", domain: defaultDomain };
  const couldBeOurs =
    claim.hasCredentials || claim.preferred.length > 0 || !mayTerminate(claim.recipient, claim);
  return claim.isAnonymous && couldBeOurs ? { kind: "unproved", domain: defaultDomain } : undefined;
}

/** Somebody from elsewhere, on nobody's word but the own one. */
function byWord(claim: Claim, { federation, neighbours }: Admission): Establishment {
  if (!mayTerminate(claim.recipient, claim)) return noRelay;
  if (federation === "neighbours") return refused("Messages From This Network Are Not Accepted");
  const neighbour = neighbours.all.find(({ domain }) => isIn(domain, claim.from));
  const isForged = neighbour !== undefined && !neighbour.addresses.isEmpty && claim.source.kind !== "core";
  return isForged
    ? refused("From Names A Network That Sends From Elsewhere")
    : terminate(claimedBy(claim.from), claim.recipient);
}

/**
 * What a user may be asserted as: the hint where it is one of the user's addresses, else From, else the default;
 * and the telephone number that goes with it.
 *
 * @spec GEN-06 @spec GEN-07 @spec rfc3325#6
 */
function localSender(user: ProvedUser, { preferred, from }: Claim): Sender {
  const asserted: string[] = [];
  for (const scheme of ["sip:", "tel:"]) {
    const uri = chosenUri(user, [...preferred, from.aor], scheme);
    if (uri !== undefined) asserted.push(`<${uri}>`);
  }
  return { kind: "local", aor: user.aor, asserted };
}

function chosenUri({ uris }: ProvedUser, wanted: readonly string[], scheme: string): string | undefined {
  const named = wanted.find((aor) => aor.startsWith(scheme) && uris.has(aor));
  if (named !== undefined) return uris.get(named);
  for (const [aor, uri] of uris) if (aor.startsWith(scheme)) return uri;
  return undefined;
}

const claimedBy = ({ aor }: Party): Sender => ({ kind: "claimed", aor, asserted: [] });

/** For one of our users, or for what is looked up later and never relayed. */
function mayTerminate(recipient: Party | undefined, { isOpaque }: Claim): boolean {
  return recipient === undefined || recipient.domain !== undefined || isOpaque;
}

/** Whether an address is in a domain that is not ours. */
const isIn = (domain: string, { aor }: Party): boolean =>
  aor.endsWith(domain) && aor.charAt(aor.length - domain.length - 1) === "@";

const originate = (sender: Sender, recipient: Party | undefined): Establishment => ({
  kind: "established",
  sender,
  direction: "originate",
  recipient,
});

const terminate = (sender: Sender, recipient: Party | undefined): Establishment => ({
  kind: "established",
  sender,
  direction: "terminate",
  recipient,
});

const refused = (reason: string): Establishment => ({ kind: "refused", status: 403, reason });

const noRelay = refused("No Relaying Between Other Networks");
