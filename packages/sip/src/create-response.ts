import { type Field, HeaderList } from "./header-list.js";
import { reasonPhraseOf } from "./reason-phrase.js";
import type { SipRequest } from "./sip-request.js";
import { SipResponse } from "./sip-response.js";

const noBody = new Uint8Array(0);

/**
 * Composes the answer to a request: its Via fields, From, To, Call-ID and CSeq, and what is added.
 * The To gets `toTag` when the request had none (and could be read). A 100 also copies Timestamp.
 *
 * @spec rfc3261#8.2.6
 */
export function createResponse(
  request: SipRequest,
  status: number,
  parts: {
    readonly reason?: string;
    readonly toTag?: string;
    readonly headers?: Iterable<Field>;
    readonly body?: Uint8Array;
  } = {},
): SipResponse {
  const fields: Field[] = request.headers.all("via").map((via) => ["Via", via]);
  copy(request, fields, "From", "from");
  const to = request.headers.get("to");
  if (to !== undefined) {
    const needsTag = parts.toTag !== undefined && request.to.uri !== "" && !request.to.params.has("tag");
    fields.push(["To", needsTag ? `${to};tag=${parts.toTag}` : to]);
  }
  copy(request, fields, "Call-ID", "call-id");
  copy(request, fields, "CSeq", "cseq");
  if (status === 100) copy(request, fields, "Timestamp", "timestamp");
  if (parts.headers) fields.push(...parts.headers);
  return new SipResponse(
    { status, reason: parts.reason ?? reasonPhraseOf(status) },
    HeaderList.of(fields),
    parts.body ?? noBody,
  );
}

function copy(request: SipRequest, fields: Field[], name: string, key: string): void {
  const value = request.headers.get(key);
  if (value !== undefined) fields.push([name, value]);
}
