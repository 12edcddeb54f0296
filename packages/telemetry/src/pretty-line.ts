import { styleText } from "node:util";

const levels: Readonly<Record<number, readonly [string, "gray" | "cyan" | "green" | "yellow" | "red"]>> = {
  10: ["trace", "gray"],
  20: ["debug", "cyan"],
  30: ["info ", "green"],
  40: ["warn ", "yellow"],
  50: ["error", "red"],
  60: ["fatal", "red"],
};
const framing = new Set(["level", "time", "service", "part", "msg", "err", "pid", "hostname"]);

/** A log line as a person reads it: time, level, service, sentence, and the fields behind it. */
export function prettyLine(json: string): string {
  const line: Record<string, unknown> = JSON.parse(json);
  const [level, colour] = levels[Number(line["level"])] ?? ["?????", "gray"];
  const time = new Date(Number(line["time"])).toISOString().slice(11, 23);
  const fields = Object.entries(line).filter(([name]) => !framing.has(name));
  const tail = fields.map(
    ([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`,
  );
  const head = `${styleText("gray", time)} ${styleText(colour, level)} ${styleText("gray", String(line["part"] ?? line["service"]))}`;
  return `${head} ${textOf(line["msg"])} ${styleText("gray", tail.join(" "))}${stackOf(line["err"])}\n`;
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

function stackOf(error: unknown): string {
  if (typeof error !== "object" || error === null || !("stack" in error)) return "";
  return `\n${String(error.stack)}`;
}
