import type { Binding } from "@heliograph/contracts";

/** The way to a user of a trusted core: the Path of the third-party registration, or else the core itself. @spec GEN-25 */
export function toRoute({ path, contact }: Pick<Binding, "path" | "contact">): string[] {
  if (path.length > 0) return path;
  const uri = contact.replace(/^.*<|>.*$/g, "");
  return [/;lr(;|=|$)/i.test(uri) ? `<${uri}>` : `<${uri};lr>`];
}
