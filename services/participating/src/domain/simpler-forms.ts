import type { PagerMessage } from "@heliograph/contracts";
import {
  type CpimMessage,
  concatOctets,
  cpimNamespace,
  imdnNamespace,
  isSigned,
} from "@heliograph/im-bodies";
import { withoutHeader } from "./header-of.js";
import type { MessageFacts } from "./message-facts.js";

/**
 * What a device that answered 415 may get instead, best first: the CPIM without its Content-Encoding, then the text
 * inside, where nothing that the sender asked for is lost by it.
 *
 * @spec PF-46 @spec R-participating-7
 */
export function simplerForms(message: PagerMessage, facts: MessageFacts): readonly PagerMessage[] {
  const { cpim, wasEncoded } = facts;
  if (!cpim) return [];
  const forms: PagerMessage[] = [];
  if (wasEncoded) forms.push({ ...withoutHeader(message, "content-encoding"), body: cpim.octets });
  const contentType = cpim.contentHeader("Content-Type") ?? "text/plain";
  if (facts.content === "im" && facts.innerMediaType === "text/plain" && isJustText(cpim, facts)) {
    forms.push({
      ...withoutHeader(message, "content-encoding"),
      contentType,
      body: concatOctets(cpim.content),
    });
  }
  return forms;
}

/** Only these say nothing that the SIP headers do not say, or that anybody waits for. */
const redundantHeaders: ReadonlySet<string> = new Set(["From", "To", "DateTime", "NS"]);
const silentImdnHeaders: ReadonlySet<string> = new Set([
  "Message-ID",
  "Disposition-Notification",
  "IMDN-Record-Route",
]);
const plainEncodings: ReadonlySet<string> = new Set(["7bit", "8bit", "binary"]);

function isJustText(cpim: CpimMessage, { requested }: MessageFacts): boolean {
  if (requested.has("positive-delivery") || requested.has("display") || isSigned(cpim)) return false;
  const encoding = cpim.contentHeader("Content-Transfer-Encoding") ?? "binary";
  if (
    !plainEncodings.has(encoding.trim().toLowerCase()) ||
    cpim.contentHeader("Content-Encoding") !== undefined
  )
    return false;
  if (cpim.all("To").length > 1) return false;
  return cpim.headers.every(({ namespace, name }) =>
    namespace === cpimNamespace
      ? redundantHeaders.has(name)
      : namespace === imdnNamespace && silentImdnHeaders.has(name),
  );
}
