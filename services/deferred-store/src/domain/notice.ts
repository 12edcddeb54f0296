import type { PagerMessage } from "@heliograph/contracts";
import {
  type CpimHeaderToWrite,
  formatCpim,
  formatCpimAddress,
  formatImdn,
  imdnMediaType,
  imdnNamespace,
  parseCpimAddress,
} from "@heliograph/im-bodies";
import type { Chance } from "@heliograph/kernel";
import { aorOf, parseNameAddr } from "@heliograph/sip";
import type { ReceiptRequest } from "./receipt-request.js";

/** What we may say of a message: that we keep it, or that nobody will get it. A store never says "delivered". @spec DF-44 */
export type Fate = "stored" | "failed";

/** What it takes to write to a sender. */
export interface NoticeDeps {
  readonly chance: Chance;
  /** Our own entries among the IMDN-Record-Routes: a notice that starts here need not come back here. */
  readonly ownImdnUris: ReadonlySet<string>;
}

/** The message and whose queue it was in. */
interface Subject {
  readonly message: PagerMessage;
  readonly owner: string;
  readonly request: ReceiptRequest;
}

/**
 * The IMDN about a stored message, as a pager message of its own, or nothing where there is nobody to send it to.
 * It goes to the next IMDN-Record-Route, else to the SIP sender, in the name of the owner (R-deferred-store-6).
 *
 * @spec DF-12 @spec DF-44 @spec rfc5438#7.2.1.1 @spec rfc5438#12.2
 */
export function noticeOf(
  subject: Subject,
  fate: Fate,
  nowMs: number,
  deps: NoticeDeps,
): PagerMessage | undefined {
  const routes = routesOf(subject.request, deps.ownImdnUris);
  const target = routes[0] ?? sipSenderOf(subject.message);
  const recipient = target === undefined ? undefined : aorOf(target);
  if (target === undefined || !recipient?.ok) return undefined;
  const { chance } = deps;
  return {
    id: chance.token(16),
    requestUri: target,
    recipient: recipient.value,
    sender: { kind: "system", aor: subject.owner, asserted: [] },
    from: `<${subject.owner}>;tag=${chance.token(8)}`,
    to: `<${target}>`,
    callId: chance.token(16),
    cseq: 1,
    maxForwards: 70,
    privacy: [],
    contentType: "message/cpim",
    headers: [],
    body: bodyOf(subject, fate, { nowMs, routes, messageId: chance.token(12) }),
    receivedAtMs: nowMs,
    route: [],
  };
}

/** The record routes in their order, without those of our own that come first. */
function routesOf({ cpim }: ReceiptRequest, own: ReadonlySet<string>): readonly string[] {
  const routes = cpim
    .all("IMDN-Record-Route", imdnNamespace)
    .map(({ value }) => parseCpimAddress(value)?.uri)
    .filter((uri) => uri !== undefined);
  const first = routes.findIndex((uri) => !own.has(uri));
  return first < 0 ? [] : routes.slice(first);
}

/** From, or the asserted identity where From says nothing. @spec rfc5438#12.1.3.1 */
function sipSenderOf({ from, sender }: PagerMessage): string | undefined {
  const address = parseNameAddr(from);
  if (!address.ok || /@anonymous\.invalid\b/i.test(address.value.uri))
    return sender.asserted[0] ?? sender.aor;
  return address.value.uri;
}

interface Particulars {
  readonly nowMs: number;
  readonly routes: readonly string[];
  readonly messageId: string;
}

function bodyOf(
  { owner, request }: Subject,
  fate: Fate,
  { nowMs, routes, messageId }: Particulars,
): Uint8Array {
  const { cpim } = request;
  const dateTime = cpim.get("DateTime")?.trim() ?? new Date(nowMs).toISOString();
  const headers: CpimHeaderToWrite[] = [
    { name: "From", value: formatCpimAddress({ formalName: "", uri: owner }) },
    ...(cpim.get("From") === undefined ? [] : [{ name: "To", value: (cpim.get("From") ?? "").trim() }]),
    { name: "DateTime", value: new Date(nowMs).toISOString() },
    { name: "NS", value: `imdn <${imdnNamespace}>` },
    { name: "imdn.Message-ID", value: messageId },
    ...routes.map((uri) => ({ name: "imdn.IMDN-Route", value: formatCpimAddress({ formalName: "", uri }) })),
  ];
  const imdn = formatImdn({
    messageId: request.messageId,
    dateTime,
    recipientUri: owner,
    notification:
      fate === "stored" ? { kind: "processing", status: "stored" } : { kind: "delivery", status: "failed" },
  });
  return formatCpim({
    headers,
    contentHeaders: [
      ["Content-Type", imdnMediaType],
      ["Content-Disposition", "notification"],
    ],
    content: Buffer.from(imdn),
  });
}
