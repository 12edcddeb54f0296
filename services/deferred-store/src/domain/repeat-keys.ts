import { hash } from "node:crypto";
import type { PagerMessage } from "@heliograph/contracts";

/** What a repeat has in common with the first: 128 bits each, in hexadecimal. */
export interface RepeatKeys {
  /** Same owner, Call-ID, CSeq and From tag: the same request on another way. */
  readonly call: string;
  /** Same owner, sender and Message-ID: the same message sent again. */
  readonly message: string | undefined;
}

/** Digests, so that the index knows nobody's address. @spec GEN-19 */
export function repeatKeysOf(
  owner: string,
  message: PagerMessage,
  messageId: string | undefined,
): RepeatKeys {
  const { callId, cseq, sender, from } = message;
  const call = digest(`call\n${owner}\n${sender.aor}\n${tagOf(from)}\n${cseq}\n${callId}`);
  return { call, message: messageKeyOf(owner, message, messageId) };
}

/**
 * The same for what comes by MSRP, where a sender that heard nothing sends the message again in another session: it is
 * known by its MSRP Message-ID, and from another way by that of its IMDN headers.
 *
 * @spec DF-48 @spec rfc4975#5.4
 */
export function msrpRepeatKeysOf(
  owner: string,
  message: PagerMessage,
  msrpId: string,
  messageId: string | undefined,
): RepeatKeys {
  const call = digest(`msrp\n${owner}\n${message.sender.aor}\n${msrpId}`);
  return { call, message: messageKeyOf(owner, message, messageId) };
}

function messageKeyOf(owner: string, { sender }: PagerMessage, id: string | undefined): string | undefined {
  return id === undefined ? undefined : digest(`message\n${owner}\n${sender.aor}\n${id}`);
}

const digest = (text: string): string => hash("sha256", text, "hex").slice(0, 32);

/** The tag parameter stands behind the address: nothing that follows can hold another `;tag=`. */
function tagOf(from: string): string {
  const start = from.toLowerCase().lastIndexOf(";tag=");
  if (start < 0) return "";
  const end = from.indexOf(";", start + 1);
  return from.slice(start + 5, end < 0 ? undefined : end).trim();
}
