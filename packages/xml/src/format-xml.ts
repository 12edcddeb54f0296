/** An element to be written: names as they shall appear, prefix included. */
export interface XmlToWrite {
  readonly name: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly children?: readonly (XmlToWrite | string)[];
}

/** Writes a document in UTF-8 with its declaration; text and values are escaped, the order is kept. */
export function formatXml(root: XmlToWrite): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${formatElement(root)}`;
}

function formatElement({ name, attributes = {}, children = [] }: XmlToWrite): string {
  let start = `<${checked(name)}`;
  for (const [key, value] of Object.entries(attributes)) start += ` ${checked(key)}="${escapeValue(value)}"`;
  if (children.length === 0) return `${start}/>`;
  const inside = children.map((child) =>
    typeof child === "string" ? escapeText(child) : formatElement(child),
  );
  return `${start}>${inside.join("")}</${name}>`;
}

/** Names come from our own code: a bad one is a mistake of ours and is thrown. */
function checked(name: string): string {
  if (!/^[A-Za-z_][\w.-]*(:[A-Za-z_][\w.-]*)?$/.test(name)) throw new TypeError(`not an XML name: ${name}`);
  return name;
}

function escapeText(text: string): string {
  return withoutForbidden(text).replace(/[&<>\r]/g, (character) => escapes[character] ?? character);
}

function escapeValue(text: string): string {
  return withoutForbidden(text).replace(/[&<>"\r\n\t]/g, (character) => escapes[character] ?? character);
}

/** Characters that XML 1.0 cannot carry in any form become U+FFFD. */
function withoutForbidden(text: string): string {
  return text.replace(/[\p{Cc}\p{Cs}\ufffe\uffff]/gu, (character) =>
    isAllowed(character) ? character : "\ufffd",
  );
}

/** Of the control characters and surrogates, those that a document may hold. */
function isAllowed(character: string): boolean {
  const code = character.charCodeAt(0);
  return character === "\t" || character === "\n" || character === "\r" || (code >= 0x7f && code < 0xd800);
}

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\r": "&#13;",
  "\n": "&#10;",
  "\t": "&#9;",
};
