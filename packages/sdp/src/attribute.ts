import type { SdpLine } from "./session-description.js";

/** The value of an `a=` line and the octet where it begins; a flag has an empty value. */
export interface Attribute {
  readonly value: string;
  readonly offset: number;
  readonly line: SdpLine;
}

/** Every attribute of this name, in order. */
export function attributesOf(lines: readonly SdpLine[], name: string): readonly Attribute[] {
  return lines.flatMap((line) => {
    if (line.type !== "a") return [];
    if (line.value === name) return [{ value: "", offset: line.offset + 2 + name.length, line }];
    if (!line.value.startsWith(`${name}:`)) return [];
    const value = line.value.slice(name.length + 1);
    return [{ value: value.trimEnd(), offset: line.offset + 3 + name.length, line }];
  });
}

/** The first attribute of this name. */
export function attributeOf(lines: readonly SdpLine[], name: string): Attribute | undefined {
  return attributesOf(lines, name)[0];
}
