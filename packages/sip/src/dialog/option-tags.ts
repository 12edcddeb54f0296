import type { Field, HeaderList } from "../header-list.js";
import { headerKeyOf } from "../header-name.js";

/** Whether a field of option tags lists this one. @spec rfc3261#19.2 */
export function hasTag(headers: HeaderList, field: "supported" | "require" | "allow", tag: string): boolean {
  return headers.values(field).some((value) => value.toLowerCase() === tag.toLowerCase());
}

/** The option tags in Require that nobody here knows. @spec rfc3261#8.2.2.3 */
export function unknownTags(headers: HeaderList, known: readonly string[]): readonly string[] {
  return headers.values("require").filter((tag) => !known.includes(tag.toLowerCase()));
}

/** Fields that several may add to; of any other the user's stands alone. */
const joined = new Set(["supported", "require"]);

/**
 * The fields of the user and of the dialog together: the user's first and, where a field says one thing, alone;
 * `reserved` are keys that only the dialog writes.
 */
export function mergeFields(
  user: readonly Field[],
  ours: readonly Field[],
  reserved: ReadonlySet<string>,
): Field[] {
  const merged: Field[] = [];
  const keys = new Set<string>();
  for (const field of user) {
    const key = headerKeyOf(field[0]);
    if (reserved.has(key)) continue;
    keys.add(key);
    merged.push(field);
  }
  for (const field of ours) {
    const key = headerKeyOf(field[0]);
    if (!keys.has(key)) merged.push(field);
    else if (joined.has(key)) addTags(merged, key, field[1]);
  }
  return merged;
}

function addTags(fields: Field[], key: string, tags: string): void {
  const place = fields.findIndex(([name]) => headerKeyOf(name) === key);
  const [name, value] = fields[place] ?? ["", ""];
  const present = value.toLowerCase().split(/\s*,\s*/);
  const missing = tags.split(/\s*,\s*/).filter((tag) => !present.includes(tag.toLowerCase()));
  if (missing.length > 0) fields[place] = [name, [value, ...missing].join(", ")];
}
