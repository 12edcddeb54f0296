import type { HeaderField } from "@heliograph/contracts";
import { mediaTypeOf } from "@heliograph/im-bodies";
import { err, ok, type Result } from "@heliograph/kernel";
import { domainOf, quoteString } from "@heliograph/sip";
import { attributeOf, elementsOf, parseXml, type XmlElement } from "@heliograph/xml";
import type { Refused } from "./pager-limits.js";
import type { SessionContent } from "./session-content.js";

const listType = "application/resource-lists+xml";
const mostReferences = 1_000;
/** A Warning is for people to read. */
const mostNamed = 16;
const longestNamed = 128;

/** What a retrieval names: the addresses of the entries of its list, each once; none: everything that waits. @spec DF-30 @spec DF-31 */
export function retrievalReferences({ others }: SessionContent): Result<readonly string[], Refused> {
  const list = others.find(({ contentType }) => mediaTypeOf(contentType) === listType);
  if (!list) return ok([]);
  const document = parseXml(new TextDecoder().decode(list.body));
  if (!document.ok) {
    return err({ kind: "refuse", name: "malformed-body", details: { because: document.error.rule } });
  }
  const references = [...new Set(entriesIn(document.value))];
  return references.length > mostReferences
    ? err({ kind: "refuse", name: "malformed-body", details: { because: "too many references" } })
    : ok(references);
}

/** The field that tells an owner which references name nothing of his; none where all do. @spec DF-31 @spec R-participating-23 */
export function unknownReferencesWarning(owner: string, unknown: readonly string[]): readonly HeaderField[] {
  if (unknown.length === 0) return [];
  const named = unknown.slice(0, mostNamed).map((one) => one.replace(/[^!-~]/g, "?").slice(0, longestNamed));
  const others = unknown.length > mostNamed ? ` and ${unknown.length - mostNamed} others` : "";
  const text = `No such message waits for you: ${named.join(" ")}${others}`;
  return [["Warning", `399 ${domainOf(owner)} ${quoteString(text)}`]];
}

/** Lists may stand in lists. */
function entriesIn(element: XmlElement): readonly string[] {
  return elementsOf(element).flatMap((child) => {
    if (child.name === "list") return entriesIn(child);
    const uri = child.name === "entry" ? attributeOf(child, "uri") : undefined;
    return uri === undefined ? [] : [uri];
  });
}
