import { err, ok, type Result } from "@heliograph/kernel";
import { childOf, formatXml, parseXml, textOf, type XmlToWrite } from "@heliograph/xml";
import type { MalformedBody } from "./malformed-body.js";

/** The media type of a composition status. @spec rfc3994#6 */
export const isComposingMediaType = "application/im-iscomposing+xml";

/** How long an `active` without refresh holds. @spec rfc3994#3.3 */
export const defaultRefreshS = 120;

/** Whether somebody is writing. @spec rfc3994#3.4 */
export interface IsComposing {
  /** Any other token that a document has means idle. */
  readonly state: "active" | "idle";
  /** xs:dateTime, as written. */
  readonly lastActive?: string;
  readonly contentType?: string;
  readonly refreshS?: number;
}

/** Reads a composition status; elements of other namespaces are ignored. @spec rfc3994#3.5 */
export function parseIsComposing(document: Uint8Array | string): Result<IsComposing, MalformedBody> {
  const parsed = parseXml(document);
  if (!parsed.ok) return parsed;
  const root = parsed.value;
  if (root.name !== "isComposing" || root.namespace !== namespace)
    return err({ rule: "isComposing", offset: 0 });
  const state = childOf(root, "state");
  if (!state) return err({ rule: "state", offset: 0 });
  const lastActive = childOf(root, "lastactive");
  const contentType = childOf(root, "contenttype");
  const refresh = childOf(root, "refresh");
  const refreshText = refresh && textOf(refresh);
  if (refreshText !== undefined && !/^\+?0*[1-9][0-9]{0,8}$/.test(refreshText))
    return err({ rule: "refresh", offset: 0 });
  return ok({
    state: textOf(state) === "active" ? "active" : "idle",
    ...(lastActive && { lastActive: textOf(lastActive) }),
    ...(contentType && { contentType: textOf(contentType) }),
    ...(refreshText !== undefined && { refreshS: Number(refreshText) }),
  });
}

/** Writes a composition status in the schema's order. @spec rfc3994#6.1 */
export function formatIsComposing({ state, lastActive, contentType, refreshS }: IsComposing): string {
  const children: XmlToWrite[] = [{ name: "state", children: [state] }];
  if (lastActive !== undefined) children.push({ name: "lastactive", children: [lastActive] });
  if (contentType !== undefined) children.push({ name: "contenttype", children: [contentType] });
  if (refreshS !== undefined) children.push({ name: "refresh", children: [String(refreshS)] });
  return formatXml({ name: "isComposing", attributes: { xmlns: namespace }, children });
}

const namespace = "urn:ietf:params:xml:ns:im-iscomposing";
