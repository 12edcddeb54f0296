import type { PagerMessage } from "@heliograph/contracts";
import {
  type CpimHeaderToWrite,
  type CpimMessage,
  formatCpim,
  formatCpimAddress,
  formatImdn,
  imdnMediaType,
  imdnNamespace,
  parseCpimAddress,
} from "@heliograph/im-bodies";
import { aorOf } from "@heliograph/sip";
import { isAnonymous } from "./anonymity.js";
import { imdnAddressOf } from "./imdn-route.js";
import type { MessageFacts } from "./message-facts.js";

/** What a new notification needs of the world. */
export interface NewNotification {
  readonly nowMs: number;
  /** Unguessable. */
  readonly token: (bytes: number) => string;
  readonly imdnUser: string;
}

/**
 * The `<stored/>` notification for a message that was deferred, or nothing when its sender did not ask for one, hides,
 * or cannot be answered.
 *
 * @spec PF-44 @spec PF-57 @spec DF-12 @spec rfc5438#8.1
 */
export function storedNotification(
  message: PagerMessage,
  facts: MessageFacts,
  { nowMs, token, imdnUser }: NewNotification,
): PagerMessage | undefined {
  const { cpim, imdnMessageId: about } = facts;
  if (!cpim || about === undefined || facts.content !== "im") return undefined;
  if (!facts.requested.has("processing") || isAnonymous(message) || message.sender.kind === "system")
    return undefined;
  const routes = cpim.all("IMDN-Record-Route", imdnNamespace).map(({ value }) => value);
  const requestUri = uriIn(routes[0]) ?? message.sender.aor;
  const recipient = aorOf(requestUri);
  if (!recipient.ok) return undefined;
  const us = imdnAddressOf(message.recipient, imdnUser);
  const imdn = bodyFor(message, cpim, about);
  return {
    id: `${nowMs.toString(36)}-${token(12)}`,
    requestUri,
    recipient: recipient.value,
    sender: { kind: "system", aor: us, asserted: [`<${us}>`] },
    from: `<${message.recipient}>;tag=${token(8)}`,
    to: `<${uriIn(message.from) ?? message.sender.aor}>`,
    callId: token(16),
    cseq: 1,
    maxForwards: 70,
    privacy: [],
    contentType: "message/cpim",
    headers: [],
    body: wrap(message, cpim, { imdn, messageId: token(12), routes }),
    receivedAtMs: nowMs,
    route: [],
  };
}

function bodyFor(message: PagerMessage, cpim: CpimMessage, messageId: string): string {
  const originalTo = uriIn(cpim.get("Original-To", imdnNamespace));
  return formatImdn({
    messageId,
    dateTime: cpim.get("DateTime") ?? new Date(message.receivedAtMs).toISOString(),
    recipientUri: uriIn(cpim.get("To")) ?? message.recipient,
    ...(originalTo !== undefined && { originalRecipientUri: originalTo }),
    notification: { kind: "processing", status: "stored" },
  });
}

interface Wrapping {
  readonly imdn: string;
  readonly messageId: string;
  readonly routes: readonly string[];
}

function wrap(message: PagerMessage, cpim: CpimMessage, { imdn, messageId, routes }: Wrapping): Uint8Array {
  const sender = formatCpimAddress({ formalName: "", uri: message.sender.aor });
  const owner = formatCpimAddress({ formalName: "", uri: message.recipient });
  const headers: CpimHeaderToWrite[] = [
    { name: "From", value: cpim.get("To") ?? owner },
    { name: "To", value: cpim.get("From") ?? sender },
    { name: "NS", value: `imdn <${imdnNamespace}>` },
    { name: "imdn.Message-ID", value: messageId },
    ...routes.map((value) => ({ name: "imdn.IMDN-Route", value })),
  ];
  return formatCpim({
    headers,
    contentHeaders: [
      ["Content-Type", imdnMediaType],
      ["Content-Disposition", "notification"],
    ],
    content: new TextEncoder().encode(imdn),
  });
}

function uriIn(value: string | undefined): string | undefined {
  return value === undefined ? undefined : parseCpimAddress(value)?.uri;
}
