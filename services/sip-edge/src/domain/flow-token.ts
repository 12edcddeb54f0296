/** A keyed hash, as text that a URI may have. */
export type Hmac = (text: string) => string;

/** What a token in a Route of ours leads to. */
export type TokenFlow = { readonly kind: "flow"; readonly flowId: string } | { readonly kind: "forged" };

/**
 * Tokens that name a flow in a URI of ours and that nobody else can make. @spec GEN-28 @spec SC-15 @spec rfc5626#5.2 @spec D-sip-edge-2
 */
export class FlowTokens {
  constructor(private readonly hmac: Hmac) {}

  /** The user part of a Path or Record-Route value that leads back over the flow. */
  issue(flowId: string): string {
    return `${this.hmac(flowId)}.${escape(flowId)}`;
  }

  /** Whether the token is one of ours for this flow: its bearer sends, and is not sent to. @spec rfc5626#5.3 */
  isFor(token: string, flowId: string): boolean {
    const flow = this.read(token);
    return flow.kind === "flow" && flow.flowId === flowId;
  }

  /** The flow of a token, where we issued it. */
  read(token: string): TokenFlow {
    const dot = token.indexOf(".");
    const flowId = unescape(token.slice(dot + 1));
    const isOurs = dot > 0 && flowId !== undefined && equals(this.hmac(flowId), token.slice(0, dot));
    return isOurs ? { kind: "flow", flowId } : { kind: "forged" };
  }
}

/** Characters that the user part of a URI has bare; all others as hexadecimal after an underscore. */
function escape(text: string): string {
  return text.replace(
    /[^A-Za-z0-9-]/g,
    (character) => `_${character.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}

function unescape(text: string): string | undefined {
  if (!/^(?:[A-Za-z0-9-]|_[0-9a-f]{2})*$/.test(text)) return undefined;
  return text.replace(/_(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** Takes the same time wherever the difference is. */
function equals(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let at = 0; at < a.length; at += 1) difference |= a.charCodeAt(at) ^ b.charCodeAt(at);
  return difference === 0;
}
