import type { HeaderList } from "./header-list.js";
import { type Essentials, SipMessage } from "./sip-message.js";

/** A request. Made by `parseMessage` or `createRequest`. @spec rfc3261#7.1 */
export class SipRequest extends SipMessage {
  readonly kind = "request";
  readonly method: string;
  readonly requestUri: string;

  constructor(
    { method, requestUri }: { readonly method: string; readonly requestUri: string },
    headers: HeaderList,
    body: Uint8Array,
    known?: Partial<Essentials>,
  ) {
    super(headers, body, known);
    this.method = method;
    this.requestUri = requestUri;
  }

  /** Undefined when the field is absent (or, in our own requests, not a number). @spec rfc3261#20.22 */
  get maxForwards(): number | undefined {
    const value = this.headers.get("max-forwards");
    if (value === undefined) return undefined;
    const number = Number(value);
    return Number.isInteger(number) ? number : undefined;
  }

  with(changes: {
    readonly method?: string;
    readonly requestUri?: string;
    readonly headers?: HeaderList;
    readonly body?: Uint8Array;
  }): SipRequest {
    const headers = changes.headers ?? this.headers;
    const line = { method: changes.method ?? this.method, requestUri: changes.requestUri ?? this.requestUri };
    return new SipRequest(line, headers, changes.body ?? this.body, this.knownFor(headers));
  }
}
