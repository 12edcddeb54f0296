import { err, ok, type Result } from "@heliograph/kernel";
import type { Malformed } from "./malformed.js";

const weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const rfc1123Date = /^(\w{3}), (\d{2}) (\w{3}) (\d{4}) (\d{2}):(\d{2}):(\d{2}) GMT$/;

/** Reads the value of a Date header field as milliseconds since 1970. No zone but GMT is one. @spec rfc3261#20.17 */
export function parseDate(text: string): Result<number, Malformed> {
  const match = rfc1123Date.exec(text.trim());
  if (!match) return err({ rule: "rfc1123-date", offset: 0 });
  const [, weekday = "", day, month = "", year, hour, minute, second] = match;
  const ms = Date.UTC(
    Number(year),
    months.indexOf(month),
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  );
  const isReal =
    weekdays.includes(weekday) && months.includes(month) && formatDate(ms).slice(5) === match[0].slice(5);
  return isReal ? ok(ms) : err({ rule: "date1", offset: 5 });
}

/** Writes milliseconds since 1970 as the value of a Date header field. @spec rfc3261#20.17 */
export function formatDate(ms: number): string {
  return new Date(ms).toUTCString();
}
