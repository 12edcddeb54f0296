import { err, ok, type Result } from "@heliograph/kernel";
import {
  childOf,
  elementsOf,
  formatXml,
  parseXml,
  textOf,
  type XmlElement,
  type XmlToWrite,
} from "@heliograph/xml";
import type { MalformedBody } from "./malformed-body.js";

/** The media type of a notification. @spec rfc5438#11.1.8 */
export const imdnMediaType = "message/imdn+xml";

/** What happened; `extension`: a status of a namespace that we do not know. @spec rfc5438#11.1.7 */
export type ImdnNotification =
  | {
      readonly kind: "delivery";
      readonly status: "delivered" | "failed" | "forbidden" | "error" | "extension";
    }
  | {
      readonly kind: "processing";
      readonly status: "processed" | "stored" | "forbidden" | "error" | "extension";
    }
  | { readonly kind: "display"; readonly status: "displayed" | "forbidden" | "error" | "extension" };

/** An instant message disposition notification: what became of one message. @spec rfc5438#11 */
export interface Imdn {
  readonly messageId: string;
  /** DateTime of the message that this is about. */
  readonly dateTime: string;
  readonly recipientUri?: string;
  readonly originalRecipientUri?: string;
  readonly subject?: string;
  /** Absent where the document reports an extension only. */
  readonly notification?: ImdnNotification;
}

/** Reads a message/imdn+xml document. @spec rfc5438#11.1 */
export function parseImdn(document: Uint8Array | string): Result<Imdn, MalformedBody> {
  const parsed = parseXml(document);
  if (!parsed.ok) return parsed;
  const root = parsed.value;
  if (root.name !== "imdn" || root.namespace !== namespace) return err({ rule: "imdn", offset: 0 });
  const messageId = textOfChild(root, "message-id");
  const dateTime = textOfChild(root, "datetime");
  if (!messageId) return err({ rule: "message-id", offset: 0 });
  if (dateTime === undefined) return err({ rule: "datetime", offset: 0 });
  const notification = readNotification(root);
  if (!notification.ok) return notification;
  return ok({
    messageId,
    dateTime,
    ...present("recipientUri", textOfChild(root, "recipient-uri")),
    ...present("originalRecipientUri", textOfChild(root, "original-recipient-uri")),
    ...present("subject", textOfChild(root, "subject")),
    ...(notification.value && { notification: notification.value }),
  });
}

/**
 * Writes a message/imdn+xml document. The schema wants the two URIs together and the subject only with them:
 * without `originalRecipientUri` the recipient stands in for it.
 *
 * @spec rfc5438#11.1.9
 */
export function formatImdn(imdn: Imdn): string {
  const children: XmlToWrite[] = [leaf("message-id", imdn.messageId), leaf("datetime", imdn.dateTime)];
  const { recipientUri, originalRecipientUri = recipientUri, subject, notification } = imdn;
  if (recipientUri !== undefined && originalRecipientUri !== undefined) {
    children.push(leaf("recipient-uri", recipientUri), leaf("original-recipient-uri", originalRecipientUri));
    if (subject !== undefined) children.push(leaf("subject", subject));
  }
  if (notification && notification.status !== "extension") {
    const status: XmlToWrite = { name: "status", children: [{ name: notification.status }] };
    children.push({ name: `${notification.kind}-notification`, children: [status] });
  }
  return formatXml({ name: "imdn", attributes: { xmlns: namespace }, children });
}

const namespace = "urn:ietf:params:xml:ns:imdn";
const common = ["forbidden", "error"] as const;
const statuses = {
  delivery: ["delivered", "failed", ...common],
  processing: ["processed", "stored", ...common],
  display: ["displayed", ...common],
} as const;

function readNotification(root: XmlElement): Result<ImdnNotification | undefined, MalformedBody> {
  const elements = elementsOf(root).filter(
    (child) => child.namespace === namespace && child.name.endsWith("-notification"),
  );
  const [element] = elements;
  if (!element) return ok(undefined);
  const status = childOf(element, "status");
  if (elements.length > 1 || !status) return err({ rule: "notification", offset: 0 });
  const reported = elementsOf(status).filter((child) => child.namespace === namespace);
  if (reported.length > 1) return err({ rule: "status", offset: 0 });
  const notification = toNotification(element.name, reported[0]?.name);
  return notification ? ok(notification) : err({ rule: "status", offset: 0 });
}

function toNotification(element: string, status: string | undefined): ImdnNotification | undefined {
  switch (element) {
    case "delivery-notification":
      return withStatus("delivery", statuses.delivery, status);
    case "processing-notification":
      return withStatus("processing", statuses.processing, status);
    case "display-notification":
      return withStatus("display", statuses.display, status);
    default:
      return undefined;
  }
}

function withStatus<K extends string, S extends string>(
  kind: K,
  known: readonly S[],
  status: string | undefined,
): { kind: K; status: S | "extension" } | undefined {
  if (status === undefined) return { kind, status: "extension" };
  const found = known.find((name) => name === status);
  return found && { kind, status: found };
}

function textOfChild(root: XmlElement, name: string): string | undefined {
  const child = childOf(root, name);
  return child && textOf(child);
}

function leaf(name: string, text: string): XmlToWrite {
  return { name, children: [text] };
}

function present<K extends string>(key: K, value: string | undefined): Partial<Record<K, string>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, string>);
}
