import type { Field } from "../header-list.js";
import type { Target } from "../port.js";
import { pickBy } from "../resolve.js";
import type { PickBelow } from "../resolve-srv.js";
import {
  defaultAllow,
  defaultDialogLimits,
  defaultSessionTimer,
  type DialogLimits,
  type DialogOptions,
  type SessionTimerSettings,
  usualTargetOf,
} from "./dialog-options.js";
import type { DialogState } from "./dialog-state.js";
import type { DialogTable } from "./dialog-table.js";

/** What every dialog of a layer works with. */
export interface Surroundings
  extends Pick<DialogOptions, "stack" | "clock" | "chance" | "contact" | "userAgent" | "server"> {
  readonly below: PickBelow;
  readonly limits: DialogLimits;
  readonly sessionTimer: SessionTimerSettings;
  readonly allow: readonly string[];
  /** Option tags that may stand in Require, lower case. */
  readonly known: readonly string[];
  readonly table: DialogTable;
  /** Where a request inside a dialog goes. */
  targetOf(state: DialogState, nextHop: string): Target | undefined;
  readonly caught: (cause: unknown) => void;
}

/** The options with everything that has a default. */
export function surround(options: DialogOptions, table: DialogTable): Surroundings {
  const { stack, clock, chance, contact, userAgent, server, targetOf = usualTargetOf } = options;
  return {
    stack,
    clock,
    chance,
    contact,
    table,
    ...(userAgent !== undefined && { userAgent }),
    ...(server !== undefined && { server }),
    below: pickBy(chance),
    limits: { ...defaultDialogLimits, ...options.limits },
    sessionTimer: { ...defaultSessionTimer, ...options.sessionTimer },
    allow: options.allow ?? defaultAllow,
    known: [...new Set(["timer", "100rel", ...(options.supported ?? [])].map((tag) => tag.toLowerCase()))],
    targetOf: ({ flow, isDirect }, uri) =>
      targetOf({ uri, flow, isOpen: stack.flowOf(flow.id) !== undefined, isDirect }),
    caught: (cause) => options.onException?.(cause),
  };
}

/** What an INVITE, an UPDATE and a 2xx to them say of us. @spec rfc3261#13.3.1.4 @spec rfc3262#4 @spec rfc4028#7.1 */
export function capabilityFields({ allow, known }: Surroundings): readonly Field[] {
  return [
    ["Allow", allow.join(", ")],
    ["Supported", known.join(", ")],
  ];
}

/** Retry-After by chance. @spec rfc3261#14.2 @spec rfc3311#5.2 @spec GEN-15 */
export function retryLater({ below }: Pick<Surroundings, "below">): Field {
  return ["Retry-After", String(below(11))];
}
