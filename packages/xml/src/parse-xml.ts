import { err, ok, type Result } from "@heliograph/kernel";
import { SaxesParser } from "saxes";
import type { XmlAttribute, XmlElement, XmlNode } from "./element.js";
import type { MalformedXml } from "./malformed-xml.js";

/** What a document may cost, decided before it is read. */
export interface XmlLimits {
  readonly maxBytes: number;
  /** saxes takes time quadratic in the depth, so this bounds the time, too. */
  readonly maxDepth: number;
  readonly maxElements: number;
  /** Of one element, namespace declarations included. */
  readonly maxAttributes: number;
}

/** The limits that every document of the suite fits in. */
export const xmlLimits: XmlLimits = {
  maxBytes: 256 * 1024,
  maxDepth: 64,
  maxElements: 20_000,
  maxAttributes: 64,
};

/**
 * Reads a whole XML 1.0 document with namespaces. A document type declaration is refused, so there are no
 * entities but the five of XML, nothing is fetched and nothing is expanded.
 */
export function parseXml(
  document: Uint8Array | string,
  limits: Partial<XmlLimits> = {},
): Result<XmlElement, MalformedXml> {
  const bounds = { ...xmlLimits, ...limits };
  if (document.length > bounds.maxBytes) return err({ rule: "size", offset: bounds.maxBytes });
  const text = typeof document === "string" ? document : decode(document);
  if (text === undefined) return err({ rule: "utf-8", offset: 0 });
  return new TreeBuilder(bounds).build(text);
}

interface OpenElement extends XmlElement {
  readonly attributes: XmlAttribute[];
  readonly children: XmlNode[];
}

/** Leaves saxes' event handlers; never seen outside this file. */
class Refused extends Error {
  constructor(readonly malformed: MalformedXml) {
    super(malformed.rule);
  }
}

class TreeBuilder {
  readonly #parser = new SaxesParser({ xmlns: true, position: true });
  readonly #open: OpenElement[] = [];
  readonly #limits: XmlLimits;
  #root: XmlElement | undefined;
  #elements = 0;
  #attributes = 0;

  constructor(limits: XmlLimits) {
    this.#limits = limits;
    const parser = this.#parser;
    parser.on("doctype", () => this.#refuse("doctype"));
    parser.on("error", () => this.#refuse("well-formed"));
    parser.on("opentagstart", () => this.#countElement());
    parser.on("attribute", () => this.#countAttribute());
    parser.on("opentag", (tag) => this.#push(tag));
    parser.on("closetag", () => this.#open.pop());
    parser.on("text", (text) => this.#open.at(-1)?.children.push(text));
    parser.on("cdata", (text) => this.#open.at(-1)?.children.push(text));
  }

  build(text: string): Result<XmlElement, MalformedXml> {
    try {
      this.#parser.write(text);
      this.#parser.close();
    } catch (error) {
      if (error instanceof Refused) return err(error.malformed);
      throw error;
    }
    return this.#root ? ok(this.#root) : err({ rule: "well-formed", offset: text.length });
  }

  #countElement(): void {
    this.#elements += 1;
    this.#attributes = 0;
    if (this.#elements > this.#limits.maxElements) this.#refuse("elements");
    if (this.#open.length >= this.#limits.maxDepth) this.#refuse("depth");
  }

  #countAttribute(): void {
    this.#attributes += 1;
    if (this.#attributes > this.#limits.maxAttributes) this.#refuse("attributes");
  }

  #push(tag: {
    uri: string;
    local: string;
    attributes: Record<string, { uri: string; local: string; value: string }>;
  }): void {
    const attributes: XmlAttribute[] = [];
    for (const { uri, local, value } of Object.values(tag.attributes)) {
      if (uri !== xmlnsUri) attributes.push({ namespace: uri, name: local, value });
    }
    const element: OpenElement = { namespace: tag.uri, name: tag.local, attributes, children: [] };
    this.#open.at(-1)?.children.push(element);
    this.#root ??= element;
    this.#open.push(element);
  }

  #refuse(rule: MalformedXml["rule"]): never {
    throw new Refused({ rule, offset: this.#parser.position });
  }
}

const xmlnsUri = "http://www.w3.org/2000/xmlns/";
const decoder = new TextDecoder("utf-8", { fatal: true });

function decode(octets: Uint8Array): string | undefined {
  try {
    return decoder.decode(octets);
  } catch {
    return undefined;
  }
}
