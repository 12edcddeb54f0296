import { refuseMethod } from "../domain/method-rules.js";
import { checkBeforeCredentials } from "../domain/check-request.js";
import type { Events } from "../events.js";
import type { UseCase } from "../ports.js";

/** Turns away what no use case serves. Nobody is asked for credentials for that. @spec GEN-04 @spec GEN-39 @spec GEN-40 @spec R-sip-edge-3 */
export function refuseOthers({ events }: { readonly events: Events }): UseCase {
  return ({ request }) => {
    const refusal = checkBeforeCredentials(request);
    events.refused(refusal ? "extension" : "method");
    return Promise.resolve(refusal ?? refuseMethod(request.method, request.to.params.has("tag")));
  };
}
