import type { HeaderField, SessionBody } from "@heliograph/contracts";
import { err, ok, type Result } from "@heliograph/kernel";
import { mediaTypeOf } from "@heliograph/im-bodies";
import { formatMultipart, parseMediaType, parseMultipart, type Part } from "@heliograph/sip";
import type { Refused } from "./pager-limits.js";

/** The body of an INVITE, or of an answer to one, with the session description in it found. */
export interface SessionContent {
  /** Absent: there is none. */
  readonly description: Uint8Array | undefined;
  /** What stands beside the description: the first message, a list of references. */
  readonly others: readonly Part[];
  /** The same body around another description. */
  with(description: Uint8Array): SessionBody;
}

/** The type of a session description. */
const descriptionType = "application/sdp";

/**
 * Finds the session description of a body: the body itself, or a part of a multipart body. Everything else in it stays
 * as it is.
 *
 * @spec CL-21 @spec PF-15 @spec GEN-44 @spec rfc5621#3.1
 */
export function readSessionContent(body: SessionBody | undefined): Result<SessionContent, Refused> {
  if (body === undefined || body.content.length === 0) return ok(bare(undefined));
  const type = mediaTypeOf(body.type);
  if (type === descriptionType) return ok(bare(body.content));
  if (!type.startsWith("multipart/")) {
    const accept: HeaderField = ["Accept", `${descriptionType}, multipart/mixed`];
    return err({ kind: "refuse", name: "body-type", details: { because: type, headers: [accept] } });
  }
  const parts = parseMultipart(body.content, body.type);
  if (!parts.ok) {
    return err({ kind: "refuse", name: "malformed-body", details: { because: parts.error.rule } });
  }
  return ok(around(body, parts.value));
}

/** A body that is nothing but a description. */
export function sessionContentOf(description: Uint8Array): SessionContent {
  return bare(description);
}

function bare(description: Uint8Array | undefined): SessionContent {
  return {
    description,
    others: [],
    with: (content) => ({ type: descriptionType, content }),
  };
}

function around({ type, content }: SessionBody, parts: readonly Part[]): SessionContent {
  const found = parts.find(({ contentType }) => mediaTypeOf(contentType) === descriptionType);
  return {
    description: found?.body,
    others: parts.filter((part) => part !== found),
    with: (description) =>
      found
        ? { type, content: formatMultipart(replaced(parts, found, description), boundaryOf(type)) }
        : { type, content },
  };
}

/** A boundary that was in no part is in no description: none of its lines begins with a hyphen. */
function boundaryOf(type: string): string {
  const media = parseMediaType(type);
  return media.ok ? (media.value.params.get("boundary") ?? "") : "";
}

/** Some clients say the length of each part. */
function replaced(
  parts: readonly Part[],
  found: Part,
  body: Uint8Array,
): readonly Pick<Part, "headers" | "body">[] {
  const length = String(body.length);
  return parts.map((part) => {
    if (part !== found) return part;
    const { headers } = part;
    return { headers: headers.has("Content-Length") ? headers.set("Content-Length", length) : headers, body };
  });
}
