import { impossible, type Machine, to } from "@heliograph/kernel";

export type ComposingReceiverState = "idle" | "active";

export type ComposingReceiverEvent = "active" | "idle" | "message" | "refresh timeout";

export type ComposingReceiverAction =
  | "show active"
  | "show idle"
  | "restart refresh timer"
  | "stop refresh timer";

/**
 * What is shown of a peer that types.
 *
 * @spec rfc3994#3.3
 * @spec CL-31
 */
export const composingReceiver: Machine<
  ComposingReceiverState,
  ComposingReceiverEvent,
  ComposingReceiverAction
> = {
  idle: {
    active: to("active", "show active", "restart refresh timer"),
    idle: to("idle"),
    message: to("idle"),
    "refresh timeout": impossible,
  },
  active: {
    active: to("active", "restart refresh timer"),
    idle: to("idle", "show idle", "stop refresh timer"),
    message: to("idle", "show idle", "stop refresh timer"),
    "refresh timeout": to("idle", "show idle"),
  },
};
