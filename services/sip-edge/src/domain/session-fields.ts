import type { HeaderField, SessionBody } from "@heliograph/contracts";
import { type DialogParts, type HeaderList, headerKeyOf, longNameOf } from "@heliograph/sip";
import { headerRoleOf } from "./header-roles.js";
import type { Visibility } from "./privacy.js";

/** What each of the two dialogs of a conversation says for itself. @spec GEN-12 @spec GEN-35 */
const ownToDialog: ReadonlySet<string> = new Set([
  "allow",
  "allow-events",
  "supported",
  "require",
  "session-expires",
  "min-se",
  "rseq",
  "rack",
  "server",
  "timestamp",
  "expires",
  "target-dialog",
]);

/** Whether a field of an INVITE, or of its answer, goes on to the other dialog. @spec PF-15 */
export function crossesDialogs(key: string): boolean {
  return !ownToDialog.has(key);
}

/** A SIP message, as far as its content goes. */
interface Content {
  readonly headers: HeaderList;
  readonly body: Uint8Array;
}

/**
 * What a message inside a dialog has for the other side: the end-to-end fields, in order. What only trusted nodes may
 * say passes where this hop is trusted. @spec PF-10 @spec PF-15 @spec GEN-06 @spec GEN-16
 */
export function crossingFields({ headers }: Content, isTrusted: boolean): HeaderField[] {
  const crossing: HeaderField[] = [];
  for (const [name, value] of headers.fields()) {
    const key = headerKeyOf(name);
    if (crossesDialogs(key) && passesHop(key, isTrusted)) crossing.push([longNameOf(name), value]);
  }
  return crossing;
}

function passesHop(key: string, isTrusted: boolean): boolean {
  if (key === "p-asserted-identity") return isTrusted;
  switch (headerRoleOf(key)) {
    case "envelope":
    case "credentials":
      return false;
    case "asserted":
    case "home":
      return isTrusted;
    default:
      return true;
  }
}

/** The body with its type; undefined where there is none. */
export function sessionBodyOf({ headers, body }: Content): SessionBody | undefined {
  return body.length === 0
    ? undefined
    : { type: headers.get("Content-Type") ?? "application/octet-stream", content: body };
}

/** What a hop may see of the other side's fields: everything inside the trust domain. */
export interface Hop {
  readonly isTrusted: boolean;
  /** What the other side's privacy leaves; undefined: it asked for none. */
  readonly visible?: Pick<Visibility, "showsPersonal" | "showsHistory"> | undefined;
}

/** The content of a message of ours inside a dialog. @spec GEN-06 @spec GEN-08 */
export function partsTowards(
  headers: readonly HeaderField[],
  body: SessionBody | undefined,
  hop: Hop,
): DialogParts & { readonly headers: HeaderField[] } {
  const fields = headers.filter(([name]) => {
    const key = headerKeyOf(name);
    return crossesDialogs(key) && passesHop(key, hop.isTrusted) && isVisible(key, hop);
  });
  if (!body) return { headers: fields };
  return { headers: [...fields, ["Content-Type", body.type]], body: body.content };
}

function isVisible(key: string, { isTrusted, visible }: Hop): boolean {
  if (isTrusted || !visible) return true;
  const role = headerRoleOf(key);
  if (role === "personal") return visible.showsPersonal;
  return role !== "history" || visible.showsHistory;
}
