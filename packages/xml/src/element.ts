/** An attribute with its namespace resolved; `namespace` is empty where the name has no prefix. */
export interface XmlAttribute {
  readonly namespace: string;
  readonly name: string;
  readonly value: string;
}

/** An element of a document: its name without the prefix, its namespace, and what it holds in document order. */
export interface XmlElement {
  readonly namespace: string;
  readonly name: string;
  readonly attributes: readonly XmlAttribute[];
  readonly children: readonly XmlNode[];
}

/** Elements and text; comments and processing instructions are left out, CDATA is text. */
export type XmlNode = XmlElement | string;

/** The element children, in order. */
export function elementsOf(parent: XmlElement): readonly XmlElement[] {
  return parent.children.filter((child): child is XmlElement => typeof child !== "string");
}

/** The first element child of that name in the parent's own namespace (or in `namespace`). */
export function childOf(
  parent: XmlElement,
  name: string,
  namespace = parent.namespace,
): XmlElement | undefined {
  for (const child of parent.children) {
    if (typeof child !== "string" && child.name === name && child.namespace === namespace) return child;
  }
  return undefined;
}

/** All text below the element, in order, without the white space around it. */
export function textOf(element: XmlElement): string {
  return rawTextOf(element).trim();
}

/** The value of an attribute without namespace. */
export function attributeOf(element: XmlElement, name: string): string | undefined {
  return element.attributes.find((attribute) => attribute.name === name && attribute.namespace === "")?.value;
}

function rawTextOf(element: XmlElement): string {
  let text = "";
  for (const child of element.children) text += typeof child === "string" ? child : rawTextOf(child);
  return text;
}
