import { type ContentHeader, formatCpim, imdnNamespace } from "@heliograph/im-bodies";
import type { Disposition } from "./received-message.js";

const encoder = new TextEncoder();

/** What goes into a MESSAGE: its Content-Type and its octets. */
export interface ComposedBody {
  readonly contentType: string;
  readonly body: Uint8Array;
}

interface Wrapped {
  readonly from: string;
  readonly to: string;
  readonly messageId: string;
  readonly sentAt: string;
  readonly wants: readonly Disposition[];
  readonly imdnRoute?: readonly string[];
  readonly contentHeaders: readonly ContentHeader[];
  readonly content: Uint8Array;
}

/** Text as it is, for a sender that wants no receipt. @spec rfc3428#4 */
export function composePlain(text: string): ComposedBody {
  return { contentType: "text/plain;charset=UTF-8", body: encoder.encode(text) };
}

/** Content inside message/cpim, with what the sender wants to be told. @spec CL-32 @spec rfc5438#7.1.1 */
export function composeCpim(parts: Wrapped): ComposedBody {
  const asked = parts.wants.length > 0;
  return {
    contentType: "message/cpim",
    body: formatCpim({
      headers: [
        { name: "From", value: `<${parts.from}>` },
        { name: "To", value: `<${parts.to}>` },
        { name: "DateTime", value: parts.sentAt },
        { name: "NS", value: `imdn <${imdnNamespace}>` },
        { name: "imdn.Message-ID", value: parts.messageId },
        ...(asked ? [{ name: "imdn.Disposition-Notification", value: parts.wants.join(", ") }] : []),
        ...(parts.imdnRoute ?? []).map((uri) => ({ name: "imdn.IMDN-Route", value: uri })),
      ],
      contentHeaders: parts.contentHeaders,
      content: parts.content,
    }),
  };
}
