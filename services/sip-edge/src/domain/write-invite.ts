import type { HeaderField, sipEdge } from "@heliograph/contracts";
import { createRequest, formatParams, parseNameAddr, quoteString } from "@heliograph/sip";
import { contactField } from "./leg-contact.js";
import { anonymous, pushOutgoingFields } from "./outgoing-fields.js";
import { type Visibility, visibilityOutside } from "./privacy.js";
import { wayOf } from "./way.js";
import type { Outgoing, OutsidePolicy } from "./write-pager-message.js";

/** What is new in the dialog that an INVITE of ours begins. */
export interface NewDialog {
  readonly callId: string;
  readonly localTag: string;
  readonly contactUri: string;
}

/** An INVITE of ours. */
export interface OutgoingInvitation extends Outgoing {
  /** What the next hop may see of the caller; undefined: everything. */
  readonly visible: Visibility | undefined;
}

/**
 * The INVITE of one leg: a dialog of its own, everything end to end as it came, one hop less. What belongs to the trust
 * domain stays in it, and what the caller wants hidden is.
 *
 * @spec PF-06 @spec PF-15 @spec GEN-03 @spec GEN-06 @spec GEN-08 @spec GEN-11 @spec GEN-16 @spec GEN-43 @spec SC-08
 */
export function writeInvite(
  leg: sipEdge.LegInvitation,
  { callId, localTag, contactUri }: NewDialog,
  { assertsOutside }: OutsidePolicy,
): OutgoingInvitation {
  const { invitation } = leg;
  const visible = leg.trusted ? undefined : visibilityOutside(invitation.privacy, assertsOutside);
  const { requestUri, route, nextHop } = wayOf(leg.requestUri, leg.route);
  const contact = {
    uri: contactUri,
    params: invitation.contactParams,
    isNameless: visible?.showsFrom === false,
  };
  const headers: HeaderField[] = route.map((value): HeaderField => ["Route", value]);
  headers.push(
    ["Max-Forwards", String(Math.max(0, invitation.maxForwards - 1))],
    ["From", withTag(visible?.showsFrom === false ? anonymous("") : invitation.from, localTag)],
    ["To", withTag(invitation.to, undefined)],
    ["Call-ID", callId],
    ["CSeq", "1 INVITE"],
    contactField(contact),
  );
  if (leg.towards === "device") headers.push(...calledParty(leg));
  pushOutgoingFields(headers, invitation, visible);
  const body = leg.body ?? invitation.body;
  if (body) headers.push(["Content-Type", body.type]);
  return {
    request: createRequest({ method: "INVITE", requestUri, headers, ...(body && { body: body.content }) }),
    target: leg.flowId === undefined ? { kind: "uri", uri: nextHop } : { kind: "flow", flowId: leg.flowId },
    visible,
  };
}

/** Tells a device for which of its addresses it is invited. @spec PF-02 @spec rfc7315#4.2 */
function calledParty({ invitation, requestUri }: sipEdge.LegInvitation): readonly HeaderField[] {
  return invitation.requestUri === requestUri ? [] : [["P-Called-Party-ID", `<${invitation.requestUri}>`]];
}

/** The value of a From or To as it was written, with this tag instead of the one that it has. */
function withTag(value: string, tag: string | undefined): string {
  const name = parseNameAddr(value);
  if (!name.ok) return value;
  const { params, raw } = name.value;
  const address = raw.slice(0, raw.length - params.toString().length).trimEnd();
  const kept: [string, string | undefined][] = [];
  for (const [key, text] of params.entries()) {
    if (key.toLowerCase() !== "tag")
      kept.push([key, text === undefined || isToken(text) ? text : quoteString(text)]);
  }
  if (tag !== undefined) kept.push(["tag", tag]);
  return address + formatParams(kept);
}

const isToken = (text: string): boolean => /^[A-Za-z0-9\-.!%*_+`'~]+$/.test(text);
