import type { Outcome, SipRequest, SipStack, Target } from "@heliograph/sip";
import type { Credentials } from "./credentials.js";

interface Deps {
  readonly stack: SipStack;
  readonly credentials: Credentials | undefined;
}

/** Makes the request for a CSeq number: an authenticated retry is a new transaction with the next one. */
export type MakeRequest = (cseq: number) => SipRequest;

/** Sends a request, and once more with credentials when it is challenged. @spec CL-02 @spec rfc3261#22.2 */
export function requestSender({ stack, credentials }: Deps) {
  return async (make: MakeRequest, nextCseq: () => number, target: Target): Promise<Outcome> => {
    let wasAnswered = false;
    for (let attempt = 0; ; attempt += 1) {
      const request = make(nextCseq());
      const headers = credentials?.headersFor(request.method, request.requestUri) ?? [];
      const signed = headers.reduce((list, [name, value]) => list.append(name, value), request.headers);
      const outcome = await stack.send(request.with({ headers: signed }), target);
      if (outcome.kind !== "response" || attempt >= 2 || !isChallenge(outcome.response.status))
        return outcome;
      wasAnswered = headers.length > 0;
      // The first refusal of remembered credentials may only mean that the server has forgotten the nonce.
      if (!credentials?.take(outcome.response, wasAnswered && attempt > 0)) return outcome;
    }
  };
}

const isChallenge = (status: number): boolean => status === 401 || status === 407;
