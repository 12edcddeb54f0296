import { MessageRefused } from "@heliograph/msrp-stack";
import { readEnvelope } from "../read-message.js";
import type { ReceivedMessage } from "../received-message.js";
import { deliver } from "./deliver.js";
import type { IncomingWhole } from "./message-line.js";
import type { SessionContext } from "./session-context.js";

interface Source {
  readonly from: string;
  readonly callId: () => string;
  /** The far end is the service, which says in message/cpim who had sent what it kept. @spec DF-32 @spec R-client-2 */
  readonly isService: boolean;
}

/** Takes messages that come in sessions which are for nothing else, and gives them to the client's own hearers. @spec CL-11 @spec DF-30 */
export function messageIntake(
  context: SessionContext,
  { from, callId, isService }: Source,
  taken?: (message: ReceivedMessage) => void,
) {
  const { hearers, seen, notify, aor } = context;
  return async ({ contentType, content, messageId }: IncomingWhole): Promise<void> => {
    const read = readEnvelope({
      contentType,
      content,
      from,
      to: aor,
      sentAt: undefined,
      callId: callId(),
      cseq: 0,
    });
    switch (read.kind) {
      case "unreadable":
        throw new MessageRefused(read.status, read.reason);
      case "receipt":
        return hearers.receipt(read.receipt);
      case "composing":
        return;
      case "message": {
        const message = isService ? { ...read.message, from: read.message.writtenFrom } : read.message;
        const delivered = (one: ReceivedMessage): void => void notify(one, "delivered");
        const deps = { seen, delivered, take: hearers.message.bind(hearers) };
        if (!(await deliver(deps, message, messageId))) {
          throw new MessageRefused(413, "The message could not be taken");
        }
        taken?.(message);
      }
    }
  };
}
