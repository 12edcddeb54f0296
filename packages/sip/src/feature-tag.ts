/** The tags of capabilities that need no plus sign. */
const baseTags: ReadonlySet<string> = new Set(
  (
    "audio automata class duplex data control mobility description events priority methods schemes application video " +
    "language type isfocus actor text extensions"
  ).split(" "),
);

/** Whether a parameter of a Contact, or of Accept-Contact, is a feature tag: a base tag, or one with a plus sign. @spec rfc3840#9 */
export function isFeatureTag(name: string): boolean {
  return name.startsWith("+") || baseTags.has(name.toLowerCase());
}
