/** The span of a request: `im.participating.v1.send-notification` → `participating/send-notification`. */
export function spanNameOf(subject: string): string {
  const levels = subject.split(".");
  return `${levels[1] ?? ""}/${levels.at(-1) ?? ""}`;
}
