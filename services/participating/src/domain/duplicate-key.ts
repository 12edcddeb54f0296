import type { PagerMessage } from "@heliograph/contracts";
import type { MessageFacts } from "./message-facts.js";

/**
 * What makes two requests the same message. A notification is named by what it reports, so that of several devices
 * of one user only the first to report passes; a message by its Message-ID, or else by From tag, CSeq and Call-ID: a
 * client that starts again may count from the start, but not with the same tag. The half is part of the name: a core
 * hands us the same request once for its sender and once for its recipient.
 *
 * @spec GEN-19 @spec PF-13 @spec R-participating-3
 */
export function duplicateKeyOf(
  half: "originating" | "terminating",
  { sender, recipient, from, callId, cseq }: PagerMessage,
  { content, imdn, imdnMessageId }: Pick<MessageFacts, "content" | "imdn" | "imdnMessageId">,
): string {
  const pair = `${half === "originating" ? "o" : "t"} ${sender.aor} ${recipient}`;
  if (content === "imdn" && imdn?.notification) {
    const about = sender.kind === "system" ? (imdn.recipientUri ?? "") : "";
    return `${pair} n ${imdn.notification.kind} ${imdn.messageId} ${about}`;
  }
  return imdnMessageId === undefined
    ? `${pair} c ${tagOf(from)} ${cseq} ${callId}`
    : `${pair} m ${imdnMessageId}`;
}

/** The tag is a parameter behind the address. */
function tagOf(from: string): string {
  const start = from.toLowerCase().lastIndexOf(";tag=");
  if (start < 0) return "";
  const end = from.indexOf(";", start + 1);
  return from.slice(start + 5, end < 0 ? undefined : end).trim();
}
