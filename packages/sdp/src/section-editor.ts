import { attributesOf } from "./attribute.js";
import { octetsOf } from "./octet-text.js";
import type { SdpLine, SessionDescription } from "./session-description.js";

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** Collects edits of whole lines and splices them into the octets. */
export class SectionEditor {
  readonly #description: SessionDescription;
  readonly #section: readonly SdpLine[];
  readonly #endOfLine: string;
  readonly #edits: Edit[] = [];

  constructor(description: SessionDescription, section: readonly SdpLine[]) {
    this.#description = description;
    this.#section = section;
    this.#endOfLine = /\r\n|\n/.exec(description.octetText)?.[0] ?? "\r\n";
  }

  replace(line: SdpLine, value: string): void {
    const start = line.offset + 2;
    this.#edits.push({ start, end: start + line.value.length, text: value });
  }

  remove(line: SdpLine): void {
    this.#edits.push({ start: line.offset, end: line.end, text: "" });
  }

  #insertAfter(line: SdpLine | undefined, text: string): void {
    if (line === undefined) return;
    const isEnded = this.#description.octetText[line.end - 1] === "\n";
    const inserted = isEnded ? `${text}${this.#endOfLine}` : `${this.#endOfLine}${text}`;
    this.#edits.push({ start: line.end, end: line.end, text: inserted });
  }

  /** The section's own `c=`; without one, the session's when nobody else needs it, else a new one. */
  setConnection(value: string): void {
    const isConnection = ({ type }: SdpLine) => type === "c";
    const { session, media } = this.#description;
    const alone = media.length === 1 ? session.find(isConnection) : undefined;
    const [line = alone, ...others] = this.#section.filter(isConnection);
    for (const other of others) this.remove(other);
    if (line !== undefined) return this.replace(line, value);
    this.#insertAfter(this.#section[this.#section[1]?.type === "i" ? 1 : 0], `c=${value}`);
  }

  /** Writes these in the place of the section's attributes of that name, or at its end. */
  setAttribute(name: string, values: readonly string[]): void {
    const lines = attributesOf(this.#section, name).map(({ line }) => line);
    for (const [index, line] of lines.entries()) {
      const value = values[index];
      if (value === undefined) this.remove(line);
      else this.replace(line, value);
    }
    for (const value of values.slice(lines.length)) this.insertAttribute(this.#section, value);
  }

  /** Before the first attribute of a section, or at its end when it has none. */
  insertAttribute(section: readonly SdpLine[], value: string): void {
    const first = section.find(({ type }) => type === "a");
    if (first === undefined) return this.#insertAfter(section.at(-1), `a=${value}`);
    this.#edits.push({ start: first.offset, end: first.offset, text: `a=${value}${this.#endOfLine}` });
  }

  apply(): Uint8Array {
    const { octetText } = this.#description;
    let text = "";
    let at = 0;
    for (const { start, end, text: replacement } of this.#edits.sort(
      (a, b) => a.start - b.start || a.end - b.end,
    )) {
      text += octetText.slice(at, start) + replacement;
      at = end;
    }
    return octetsOf(text + octetText.slice(at));
  }
}
