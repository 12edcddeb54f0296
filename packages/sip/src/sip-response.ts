import type { HeaderList } from "./header-list.js";
import { type Essentials, SipMessage } from "./sip-message.js";

/** A response. Made by `parseMessage` or `createResponse`. @spec rfc3261#7.2 */
export class SipResponse extends SipMessage {
  readonly kind = "response";
  readonly status: number;
  readonly reason: string;

  constructor(
    { status, reason }: { readonly status: number; readonly reason: string },
    headers: HeaderList,
    body: Uint8Array,
    known?: Partial<Essentials>,
  ) {
    super(headers, body, known);
    this.status = status;
    this.reason = reason;
  }

  with(changes: {
    readonly status?: number;
    readonly reason?: string;
    readonly headers?: HeaderList;
    readonly body?: Uint8Array;
  }): SipResponse {
    const headers = changes.headers ?? this.headers;
    const line = { status: changes.status ?? this.status, reason: changes.reason ?? this.reason };
    return new SipResponse(line, headers, changes.body ?? this.body, this.knownFor(headers));
  }
}
