import { formatImdn, imdnMediaType } from "@heliograph/im-bodies";
import { composeCpim, type ComposedBody } from "./compose-message.js";
import type { ReceivedMessage } from "./received-message.js";

/** What a receipt says became of a message. */
export type ReceiptStatus = "delivered" | "displayed";

/**
 * The receipt for a message, to its CPIM From; undefined where the message does not have what a receipt repeats.
 *
 * @spec rfc5438#7.2.1
 * @spec CL-32
 */
export function composeReceipt(
  { messageId, sentAt, imdnRoute, to, writtenFrom }: ReceivedMessage,
  status: ReceiptStatus,
  own: { readonly messageId: string; readonly sentAt: string },
): ComposedBody | undefined {
  if (messageId === undefined || sentAt === undefined) return undefined;
  const notification =
    status === "delivered" ? ({ kind: "delivery", status } as const) : ({ kind: "display", status } as const);
  return composeCpim({
    from: to,
    to: writtenFrom,
    messageId: own.messageId,
    sentAt: own.sentAt,
    wants: [],
    imdnRoute,
    contentHeaders: [
      ["Content-Type", imdnMediaType],
      ["Content-Disposition", "notification"],
    ],
    content: new TextEncoder().encode(
      formatImdn({ messageId, dateTime: sentAt, recipientUri: to, notification }),
    ),
  });
}
