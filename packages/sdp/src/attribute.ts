import type { SdpLine } from "./session-description.js";

/** The value of an `a=` line and the octet where it begins; a flag has an empty value. */
export interface Attribute {
  readonly value: string;
  readonly offset: number;
  readonly line: SdpLine;
}

/** Every attribute of this name, in order. */
export function attributesOf(lines: readonly SdpLine[], name: string): readonly Attribute[] {
  const found: Attribute[] = [];
  for (const line of lines) {
    const attribute = attributeIn(line, name);
    if (attribute) found.push(attribute);
  }
  return found;
}

/** The first attribute of this name. */
export function attributeOf(lines: readonly SdpLine[], name: string): Attribute | undefined {
  for (const line of lines) {
    const attribute = attributeIn(line, name);
    if (attribute) return attribute;
  }
  return undefined;
}

function attributeIn(line: SdpLine, name: string): Attribute | undefined {
  const { type, value, offset } = line;
  if (type !== "a" || !value.startsWith(name)) return undefined;
  if (value.length === name.length) return { value: "", offset: offset + 2 + name.length, line };
  if (value.charAt(name.length) !== ":") return undefined;
  return { value: value.slice(name.length + 1).trimEnd(), offset: offset + 3 + name.length, line };
}
