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
  return {
    call: digest(`call\n${owner}\n${sender.aor}\n${tagOf(from)}\n${cseq}\n${callId}`),
    message: messageId === undefined ? undefined : digest(`message\n${owner}\n${sender.aor}\n${messageId}`),
  };
}

const digest = (text: string): string => hash("sha256", text, "hex").slice(0, 32);

/** The tag parameter stands behind the address: nothing that follows can hold another `;tag=`. */
function tagOf(from: string): string {
  const start = from.toLowerCase().lastIndexOf(";tag=");
  if (start < 0) return "";
  const end = from.indexOf(";", start + 1);
  return from.slice(start + 5, end < 0 ? undefined : end).trim();
}
