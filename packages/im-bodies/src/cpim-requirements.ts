import { type CpimMessage, imdnNamespace } from "./cpim.js";

/** What every reader of message/cpim understands. @spec rfc3862#4 */
const understood: ReadonlySet<string> = new Set(["From", "To", "cc", "DateTime", "Subject", "NS", "Require"]);

/**
 * The first header that a message demands to be understood and that is not: such a message is refused and not shown.
 * Headers that nothing demands are passed over.
 *
 * @spec rfc3862#4.7
 * @spec MS-54
 */
export function unmetRequirementOf(message: CpimMessage): string | undefined {
  const names = message.all("Require").flatMap(({ value }) => value.split(","));
  return names.map((name) => name.trim()).find((name) => name !== "" && !isUnderstood(name, message));
}

function isUnderstood(name: string, message: CpimMessage): boolean {
  const dot = name.lastIndexOf(".");
  if (dot < 0) return understood.has(name);
  const prefix = name.slice(0, dot);
  return prefix === "imdn" || message.all("NS").some(({ value }) => value === `${prefix} <${imdnNamespace}>`);
}
