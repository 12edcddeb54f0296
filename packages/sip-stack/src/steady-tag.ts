import { createHmac, randomBytes } from "node:crypto";
import type { SipRequest } from "@heliograph/sip";

/**
 * The To tag of answers that no transaction keeps: the same for every copy of a request, without remembering any.
 *
 * @spec rfc3261#8.2.7
 */
export class SteadyTag {
  readonly #secret = randomBytes(16);

  of(request: SipRequest): string {
    return createHmac("sha256", this.#secret)
      .update(`${request.headers.get("via")}\n${request.callId}\n${request.headers.get("cseq")}`)
      .digest("hex")
      .slice(0, 16);
  }
}
