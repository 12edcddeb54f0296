import { impossible, type Machine, to } from "@heliograph/kernel";

export type ComposingSenderState = "idle" | "active";

export type ComposingSenderEvent =
  | "typing"
  | "stopped" /** the user says so */
  | "message sent"
  | "idle timeout"
  | "refresh timeout";

export type ComposingSenderAction =
  | "send active"
  | "send idle"
  | "restart idle timer"
  | "restart refresh timer"
  | "stop timers";

/**
 * What the peer is told while the user types. The message itself says that the typing is over.
 *
 * @spec rfc3994#3.2
 * @spec CL-31
 */
export const composingSender: Machine<ComposingSenderState, ComposingSenderEvent, ComposingSenderAction> = {
  idle: {
    typing: to("active", "send active", "restart idle timer", "restart refresh timer"),
    stopped: to("idle"),
    "message sent": to("idle"),
    "idle timeout": impossible,
    "refresh timeout": impossible,
  },
  active: {
    typing: to("active", "restart idle timer"),
    stopped: to("idle", "send idle", "stop timers"),
    "message sent": to("idle", "stop timers"),
    "idle timeout": to("idle", "send idle", "stop timers"),
    "refresh timeout": to("active", "send active", "restart refresh timer"),
  },
};
