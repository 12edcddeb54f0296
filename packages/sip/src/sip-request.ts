import type { HeaderList } from "./header-list.js";
import { type Essentials, readOwn, SipMessage } from "./sip-message.js";
import { parseUri, type Uri } from "./uri.js";

/** A request. Made by `parseMessage` or `createRequest`. @spec rfc3261#7.1 */
export class SipRequest extends SipMessage {
  readonly kind = "request";
  readonly method: string;
  readonly requestUri: string;
  #uri: Uri | undefined;

  constructor(
    { method, requestUri }: { readonly method: string; readonly requestUri: string },
    headers: HeaderList,
    body: Uint8Array,
    known?: Partial<Essentials> & { readonly uri?: Uri },
  ) {
    super(headers, body, known);
    this.method = method;
    this.requestUri = requestUri;
    this.#uri = known?.uri;
  }

  /** The Request-URI, read. */
  get uri(): Uri {
    return (this.#uri ??= readOwn("Request-URI", this.requestUri, parseUri));
  }

  /** Undefined when the field is absent, or above 255 as no hop may set it. @spec rfc3261#20.22 @spec rfc4475#3.1.2.4 */
  get maxForwards(): number | undefined {
    const number = Number(this.headers.get("max-forwards") ?? Number.NaN);
    return number >= 0 && number <= 255 ? number : undefined;
  }

  with(changes: {
    readonly method?: string;
    readonly requestUri?: string;
    readonly headers?: HeaderList;
    readonly body?: Uint8Array;
  }): SipRequest {
    const headers = changes.headers ?? this.headers;
    const line = { method: changes.method ?? this.method, requestUri: changes.requestUri ?? this.requestUri };
    const uri = this.#uri && line.requestUri === this.requestUri ? { uri: this.#uri } : undefined;
    return new SipRequest(line, headers, changes.body ?? this.body, { ...this.knownFor(headers), ...uri });
  }
}
