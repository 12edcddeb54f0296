import pc from "picocolors";

/** What others have written, safe to show: it commands no terminal, and turns no line around. */
export function plain(text: string): string {
  return text.replaceAll(/[\u202A-\u202E\u2066-\u2069]|(?![\n\t])\p{Cc}/gu, "");
}

/** A number of octets as a person says it. */
export function formatBytes(bytes: number): string {
  if (bytes < 1_000) return `${bytes} bytes`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = bytes / 1_000;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

const width = 20;

/** `[█████░░░░░] 45 %  1.2 MB of 2.6 MB`. */
export function progressBar(octets: number, size: number): string {
  const part = size === 0 ? 1 : Math.min(1, octets / size);
  const full = Math.round(part * width);
  const bar = "█".repeat(full) + "░".repeat(width - full);
  return `[${bar}] ${Math.floor(part * 100)} %  ${formatBytes(octets)} of ${formatBytes(size)}`;
}

/** What became of a message, beside its first words. */
export function markOf(status: string, text: string): string {
  const words = text.length > 24 ? `${text.slice(0, 23)}…` : text;
  const mark = marks[status] ?? pc.yellow(status);
  return `${pc.dim("  ")}${mark} ${pc.dim(plain(words))}`;
}

const marks: Readonly<Record<string, string>> = {
  sent: pc.green("✓ sent"),
  delivered: pc.green("✓✓ delivered"),
  displayed: pc.cyan("✓✓ read"),
  stored: pc.yellow("✓ kept until they are there"),
  failed: pc.red("✗ could not be delivered"),
};
