import type { HeaderList } from "./header-list.js";
import { type Essentials, readOwn, SipMessage } from "./sip-message.js";
import { parseUri, type Uri } from "./uri.js";
import type { Via } from "./via.js";

interface RequestLine {
  readonly method: string;
  readonly requestUri: string;
  /** The Request-URI, where it was read already. */
  readonly uri?: Uri | undefined;
}

/** A request. Made by `parseMessage` or `createRequest`. @spec rfc3261#7.1 */
export class SipRequest extends SipMessage {
  readonly kind = "request";
  readonly method: string;
  readonly requestUri: string;
  private readUri: Uri | undefined;

  constructor(
    { method, requestUri, uri }: RequestLine,
    headers: HeaderList,
    body: Uint8Array,
    known?: Partial<Essentials>,
  ) {
    super(headers, body, known);
    this.method = method;
    this.requestUri = requestUri;
    this.readUri = uri;
  }

  /** The Request-URI, read. */
  get uri(): Uri {
    return (this.readUri ??= readOwn("Request-URI", this.requestUri, parseUri));
  }

  /** Undefined when the field is absent, or above 255 as no hop may set it. @spec rfc3261#20.22 @spec rfc4475#3.1.2.4 */
  get maxForwards(): number | undefined {
    const number = Number(this.headers.get("max-forwards") ?? Number.NaN);
    return number >= 0 && number <= 255 ? number : undefined;
  }

  /** The request with this Via above the others. */
  prependVia(via: Via): SipRequest {
    const { method, requestUri, readUri: uri } = this;
    const headers = this.headers.prepend("Via", via.raw);
    return new SipRequest({ method, requestUri, uri }, headers, this.body, {
      ...this.knownFor(headers),
      via,
    });
  }

  with(changes: {
    readonly method?: string;
    readonly requestUri?: string;
    readonly headers?: HeaderList;
    readonly body?: Uint8Array;
  }): SipRequest {
    const headers = changes.headers ?? this.headers;
    const requestUri = changes.requestUri ?? this.requestUri;
    const uri = requestUri === this.requestUri ? this.readUri : undefined;
    const line = { method: changes.method ?? this.method, requestUri, uri };
    return new SipRequest(line, headers, changes.body ?? this.body, this.knownFor(headers));
  }
}
