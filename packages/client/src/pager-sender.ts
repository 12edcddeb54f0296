import type { Chance, Clock } from "@heliograph/kernel";
import {
  createRequest,
  formatMessage,
  type Outcome,
  type SipRequest,
  type SipResponse,
  type Target,
} from "@heliograph/sip";
import type { ComposedBody } from "./compose-message.js";
import type { requestSender } from "./request-sender.js";
import type { Sent } from "./sent.js";

interface Deps {
  readonly send: ReturnType<typeof requestSender>;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly aor: string;
  readonly displayName: string | undefined;
  readonly target: () => Target;
}

/** A MESSAGE to send. */
export interface PagerMessage extends ComposedBody {
  readonly to: string;
  readonly messageId: string;
  readonly headers?: readonly (readonly [string, string])[];
}

/** What became of a MESSAGE; too large, it may go in a session of its own. @spec CL-12 */
export type PagerSent = Sent | { readonly kind: "too-large"; readonly refused: Sent };

/** Via, and the answer to a challenge, which are added on the way out. */
const addedBytes = 400;

/** Sends MESSAGEs outside of any dialog. @spec CL-10 @spec rfc3428#4 */
export class PagerSender {
  constructor(private readonly deps: Deps) {}

  /** Whether it would be larger than this, as a whole request. @spec rfc3428#8 */
  isAbove(bytes: number, message: PagerMessage): boolean {
    const request = this.#request(message, { callId: "x".repeat(22), fromTag: "x".repeat(11), number: 1 });
    return formatMessage(request).length + addedBytes > bytes;
  }

  async submit(message: PagerMessage): Promise<PagerSent> {
    const { send, chance, target } = this.deps;
    const callId = chance.token(16);
    const fromTag = chance.token(8);
    let cseq = 0;
    const make = (number: number) => this.#request(message, { callId, fromTag, number });
    const outcome = await send(make, () => ++cseq, target());
    return sentBy(outcome, message.messageId, callId);
  }

  #request(
    { to, contentType, body, headers = [] }: PagerMessage,
    ids: { callId: string; fromTag: string; number: number },
  ): SipRequest {
    const { aor, displayName, clock } = this.deps;
    const name = displayName === undefined ? "" : `"${displayName.replaceAll(/["\\]/g, "")}" `;
    return createRequest({
      method: "MESSAGE",
      requestUri: to,
      headers: [
        ["Max-Forwards", "70"],
        ["From", `${name}<${aor}>;tag=${ids.fromTag}`],
        ["To", `<${to}>`],
        ["Call-ID", ids.callId],
        ["CSeq", `${ids.number} MESSAGE`],
        ["Accept-Contact", "*;+g.oma.sip-im"],
        ["Date", new Date(clock.nowMs()).toUTCString()],
        ...headers,
        ["Content-Type", contentType],
      ],
      body,
    });
  }
}

function sentBy(outcome: Outcome, messageId: string, callId: string): PagerSent {
  if (outcome.kind === "silent") return { kind: "unreachable", reason: "no answer", callId };
  if (outcome.kind === "unreachable") return { ...outcome, callId };
  const { status, reason } = outcome.response;
  if (status < 300) return { kind: "accepted", status, messageId, callId };
  const refused = { kind: "refused", status, reason, callId } as const;
  return isTooLarge(outcome.response) ? { kind: "too-large", refused } : refused;
}

/** @spec CL-12 */
function isTooLarge({ status, headers }: SipResponse): boolean {
  if (status === 413 || status === 513) return true;
  return status === 403 && headers.all("Warning").some((warning) => /"133\b/.test(warning));
}
