import type { Field, HeaderList } from "../header-list.js";
import { Params } from "../params.js";
import type { SessionTimerSettings } from "./dialog-options.js";
import { hasTag } from "./option-tags.js";

/** A session timer that runs. */
export interface SessionInterval {
  readonly intervalS: number;
  /** Whether it is for us to refresh. */
  readonly isOurs: boolean;
}

/** Below it nothing is a session interval. @spec rfc4028#4 @spec rfc4028#5 */
const shortestIntervalS = 90;

/** What the UAS makes of the timer that a request asks for. */
export type TimerAnswer =
  | { readonly kind: "too small"; readonly minS: number }
  | { readonly kind: "none" }
  | { readonly kind: "timer"; readonly interval: SessionInterval; readonly fields: readonly Field[] };

/** The timer of a 2xx to an INVITE or UPDATE: never raised, and the caller's choice of refresher binds. @spec rfc4028#9 @spec GEN-12 */
export function answerTimer(headers: HeaderList, settings: SessionTimerSettings): TimerAnswer {
  const isKnown = hasTag(headers, "supported", "timer") || hasTag(headers, "require", "timer");
  const asked = sessionExpiresOf(headers);
  const minS = Math.max(settings.minS, shortestIntervalS);
  if (!asked) return settings.expiresS > 0 ? ownTimer(headers, isKnown, settings) : { kind: "none" };
  if (asked.intervalS < minS && isKnown) return { kind: "too small", minS };
  if (asked.intervalS < shortestIntervalS) return { kind: "none" };
  return timerOf(asked.intervalS, isKnown, asked.refresher ?? settings.refresher);
}

/** The request asks for no timer: we may. @spec rfc4028#9 */
function ownTimer(headers: HeaderList, isKnown: boolean, settings: SessionTimerSettings): TimerAnswer {
  const intervalS = Math.max(settings.expiresS, minSeOf(headers) ?? 0, shortestIntervalS);
  return timerOf(intervalS, isKnown, settings.refresher);
}

/** A caller that does not know timers cannot refresh. @spec rfc4028#9 */
function timerOf(intervalS: number, isKnown: boolean, wanted: "uac" | "uas"): TimerAnswer {
  const refresher = isKnown ? wanted : "uas";
  const fields: Field[] = [["Session-Expires", `${intervalS};refresher=${refresher}`]];
  if (isKnown) fields.push(["Require", "timer"]);
  return { kind: "timer", interval: { intervalS, isOurs: refresher === "uas" }, fields };
}

/**
 * The timer that a 2xx to our INVITE or UPDATE sets; without Session-Expires there is none.
 *
 * @spec rfc4028#7.2 @spec GEN-12 @spec R-sip-108
 */
export function readTimer(headers: HeaderList): SessionInterval | undefined {
  const set = sessionExpiresOf(headers);
  if (!set) return undefined;
  return { intervalS: Math.max(set.intervalS, shortestIntervalS), isOurs: set.refresher !== "uas" };
}

/** The fields of an INVITE or UPDATE of ours. @spec rfc4028#7.1 @spec rfc4028#7.4 @spec GEN-12 */
export function askTimer(
  wantedS: number,
  minSeS: number | undefined,
  current?: SessionInterval,
): readonly Field[] {
  const fields: Field[] = [];
  const refresher = current ? `;refresher=${current.isOurs ? "uac" : "uas"}` : "";
  const intervalS = current ? Math.max(current.intervalS, shortestIntervalS) : wantedS;
  if (intervalS > 0) fields.push(["Session-Expires", `${Math.max(intervalS, minSeS ?? 0)}${refresher}`]);
  if (minSeS !== undefined) fields.push(["Min-SE", String(Math.max(minSeS, shortestIntervalS))]);
  return fields;
}

/** The value of Min-SE; undefined where there is none to be read. @spec rfc4028#5 */
export function minSeOf(headers: HeaderList): number | undefined {
  return deltaOf(headers.get("min-se"))?.seconds;
}

function sessionExpiresOf(
  headers: HeaderList,
): { readonly intervalS: number; readonly refresher: "uac" | "uas" | undefined } | undefined {
  const read = deltaOf(headers.get("session-expires"));
  if (!read) return undefined;
  const refresher = new Params(read.params).get("refresher")?.toLowerCase();
  const isChosen = refresher === "uac" || refresher === "uas";
  return { intervalS: read.seconds, refresher: isChosen ? refresher : undefined };
}

function deltaOf(
  text: string | undefined,
): { readonly seconds: number; readonly params: string } | undefined {
  const match = /^\s*(\d{1,10})\s*(;.*)?$/.exec(text ?? "");
  return match ? { seconds: Number(match[1]), params: match[2] ?? "" } : undefined;
}
