import { type Field, HeaderList } from "./header-list.js";
import { SipRequest } from "./sip-request.js";

const noBody = new Uint8Array(0);

/** Composes a request of our own; what it is given is trusted to be well-formed. @spec rfc3261#8.1.1 */
export function createRequest(parts: {
  readonly method: string;
  readonly requestUri: string;
  readonly headers: Iterable<Field>;
  readonly body?: Uint8Array;
}): SipRequest {
  return new SipRequest(parts, HeaderList.of(parts.headers), parts.body ?? noBody);
}
