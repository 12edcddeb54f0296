import { ok, type Result } from "@heliograph/kernel";
import { type MalformedSdp, malformed } from "./malformed-sdp.js";

const maxTokens = 64;
const token = /^[\w\-.!%*+`'~]+$/;

/**
 * The tokens of `a=chatroom`; none for the bare attribute. `nicknames`, as the prose of the RFC has it, is read as
 * `nickname`.
 *
 * @spec rfc7701#8
 * @spec D-sdp-2
 */
export function parseChatroom(value: string, offset: number): Result<ReadonlySet<string>, MalformedSdp> {
  const tokens = new Set<string>();
  for (const { 0: text, index } of value.matchAll(/[^ ]+/g)) {
    const at = offset + index;
    if (!token.test(text)) return malformed("chatroom", at);
    const name = text === "nicknames" ? "nickname" : text;
    if (tokens.has(name)) return malformed("chatroom token twice", at);
    if (tokens.size === maxTokens) return malformed("chatroom length", at);
    tokens.add(name);
  }
  return ok(tokens);
}

/** The attribute, `chatroom` alone without tokens. @spec rfc7701#8 */
export function formatChatroom(tokens: Iterable<string>): string {
  const list = [...tokens].join(" ");
  return list === "" ? "chatroom" : `chatroom:${list}`;
}
