import type { PagerMessage } from "@heliograph/contracts";
import {
  addImdnRecordRoute,
  type CpimMessage,
  imdnRoutesOf,
  parseCpimAddress,
  popImdnRoute,
} from "@heliograph/im-bodies";
import { aorOf, domainOf } from "@heliograph/sip";
import { withoutHeader } from "./header-of.js";
import type { MessageFacts } from "./message-facts.js";

/** The address at which our function takes notifications on their way back, in the recipient's domain. */
function imdnAddressOf(aor: string, imdnUser: string): string {
  return `sip:${imdnUser}@${domainOf(aor)}`;
}

/**
 * The message as it is stored: when a negative-delivery may have to follow, its notifications come back through us.
 * Signed and unreadable bodies stay as they are.
 *
 * @spec PF-45 @spec DF-45 @spec rfc5438#8
 */
export function routedBackThroughUs(
  message: PagerMessage,
  facts: MessageFacts,
  imdnUser: string,
): PagerMessage {
  if (!facts.cpim || !facts.requested.has("negative-delivery")) return message;
  const edited = addImdnRecordRoute(facts.cpim, imdnAddressOf(message.recipient, imdnUser));
  return edited.ok ? withBody(message, facts, edited.value) : message;
}

/** A notification after our own IMDN-Route was taken off, or why it has none. */
export type NextHop =
  | { readonly kind: "unchanged" }
  | { readonly kind: "rerouted"; readonly message: PagerMessage }
  /** It was sent to our own address and does not say where to go on. */
  | { readonly kind: "lost" };

/**
 * Takes our IMDN-Route off a notification and finds where it goes on: the next IMDN-Route; else where it was sent to,
 * or the CPIM To when it was sent to ourselves, also where the client left our IMDN-Route out.
 *
 * @spec PF-45 @spec rfc5438#8 @spec R-participating-8
 */
export function nextHopOf(message: PagerMessage, facts: MessageFacts, imdnUser: string): NextHop {
  const isNotification = facts.content === "imdn";
  if (!isNotification && !message.recipient.startsWith(`sip:${imdnUser}@`)) return { kind: "unchanged" };
  const ours = [imdnAddressOf(message.recipient, imdnUser), imdnAddressOf(message.sender.aor, imdnUser)];
  const isToUs = message.recipient === ours[0];
  if (!facts.cpim || !isNotification) return { kind: isToUs ? "lost" : "unchanged" };
  const top = aorTextOf(imdnRoutesOf(facts.cpim)[0]);
  if (top !== undefined && ours.includes(top)) return pastUs(message, facts, facts.cpim, isToUs);
  return isToUs ? onFrom(message, imdnRoutesOf(facts.cpim)[0] ?? uriOfTo(facts.cpim)) : { kind: "unchanged" };
}

/** Our route is on top: the notification without it, on its way to the next. */
function pastUs(message: PagerMessage, facts: MessageFacts, cpim: CpimMessage, isToUs: boolean): NextHop {
  const popped = popImdnRoute(cpim);
  const through = popped.ok ? withBody(message, facts, popped.value) : message;
  if (isToUs) return onFrom(through, imdnRoutesOf(cpim)[1] ?? uriOfTo(cpim));
  return rerouted(through, imdnRoutesOf(cpim)[1] ?? message.requestUri);
}

/** From our own address to the next, which must be another one. */
function onFrom(message: PagerMessage, target: string | undefined): NextHop {
  return aorTextOf(target) === message.recipient ? { kind: "lost" } : rerouted(message, target);
}

function rerouted(message: PagerMessage, target: string | undefined): NextHop {
  const recipient = aorTextOf(target);
  if (target === undefined || recipient === undefined) return { kind: "lost" };
  return { kind: "rerouted", message: { ...message, recipient, requestUri: target } };
}

function uriOfTo(cpim: CpimMessage): string | undefined {
  return parseCpimAddress(cpim.get("To") ?? "")?.uri;
}

function aorTextOf(uri: string | undefined): string | undefined {
  if (uri === undefined) return undefined;
  const aor = aorOf(uri);
  return aor.ok ? aor.value : undefined;
}

function withBody(message: PagerMessage, { wasEncoded }: MessageFacts, body: Uint8Array): PagerMessage {
  return { ...(wasEncoded ? withoutHeader(message, "content-encoding") : message), body };
}
