import type { Chance, Clock } from "@heliograph/kernel";
import type { Flow, SipStack, Target } from "../port.js";
import type { SipRequest } from "../sip-request.js";

/** What `createDialogs` is told; all but the first four has a working default. */
export interface DialogOptions {
  readonly stack: Pick<SipStack, "send" | "invite" | "flowOf">;
  readonly clock: Clock;
  readonly chance: Chance;
  /**
   * The value of our Contact in a dialog, feature parameters included, unless the user gives one: for an INVITE from
   * outside with the flow that it came over, for one of ours with where it goes.
   *
   * @spec rfc3261#8.1.1.8 @spec rfc3261#12.1.1
   */
  readonly contact: (of: {
    readonly invite: SipRequest;
    readonly flow?: Flow;
    readonly target?: Target;
  }) => string;
  /** Which way a request inside a dialog goes; {@link usualTargetOf} unless the user knows better. */
  readonly targetOf?: (way: DialogWay) => Target | undefined;
  readonly limits?: Partial<DialogLimits>;
  readonly sessionTimer?: Partial<SessionTimerSettings>;
  /** What `User-Agent` says in requests, and `Server` in answers, where the user says nothing. @spec GEN-10 */
  readonly userAgent?: string;
  readonly server?: string;
  /** The methods that dialogs take; others are answered 405. @spec rfc3261#8.2.1 */
  readonly allow?: readonly string[];
  /** Option tags that the user of the dialogs knows beside `timer` and `100rel`. @spec rfc3261#8.2.2.3 */
  readonly supported?: readonly string[];
  /** Hears of exceptions that handlers threw: bugs. */
  readonly onException?: (cause: unknown) => void;
}

/** What there is to choose from for a request inside a dialog. */
export interface DialogWay {
  /** The topmost Route or, without any, the Request-URI. @spec rfc3261#12.2.1.1 */
  readonly uri: string;
  /** What came last from the peer came over it. */
  readonly flow: Flow;
  /** Whether the flow is open; one over UDP always is. */
  readonly isOpen: boolean;
  /** Whether the far end of the flow is where the URI leads, as far as the INVITE tells. */
  readonly isDirect: boolean;
}

/** Everything that peers could make grow. */
export interface DialogLimits {
  /** Dialogs open at once, early ones and INVITEs on their way included; further ones are answered 503. */
  readonly maxDialogs: number;
  /** Early dialogs that one INVITE of ours may have. */
  readonly maxForks: number;
  /** Requests of the peer in one dialog that wait for their answers; further ones are answered 503. */
  readonly maxPending: number;
  /** Requests of ours in one dialog that wait until the session may be changed. */
  readonly maxWaiting: number;
  /** What Retry-After says in those 503s. */
  readonly retryAfterS: number;
}

/** What we want of session timers. @spec rfc4028#4 @spec GEN-12 */
export interface SessionTimerSettings {
  /** The interval that we ask for where the peer names none; 0: none. */
  readonly expiresS: number;
  /** The shortest interval that we take; 90 at least. @spec rfc4028#5 */
  readonly minS: number;
  /** Who refreshes where the caller leaves it to us and can: `uac`, the caller, or `uas`. */
  readonly refresher: "uac" | "uas";
}

/** Room for every session of a node, and for a bad minute. */
export const defaultDialogLimits: DialogLimits = {
  maxDialogs: 200_000,
  maxForks: 16,
  maxPending: 32,
  maxWaiting: 16,
  retryAfterS: 5,
};

export const defaultSessionTimer: SessionTimerSettings = { expiresS: 1_800, minS: 90, refresher: "uac" };

/** Methods of a session. */
export const defaultAllow: readonly string[] =
  "INVITE ACK BYE CANCEL PRACK UPDATE INFO MESSAGE REFER NOTIFY OPTIONS".split(" ");

/**
 * Over the flow while it is an open connection, which alone leads to who is behind a NAT or a WebSocket; otherwise, and
 * over UDP, to where the URI leads. Undefined where only the connection did.
 *
 * @spec rfc3261#12.2.1.1 @spec rfc5626#4.2 @spec rfc7118#5 @spec R-sip-107
 */
export function usualTargetOf({ uri, flow, isOpen, isDirect }: DialogWay): Target | undefined {
  if (flow.transport !== "udp" && isOpen && isDirect) return { kind: "flow", flowId: flow.id };
  return isDialable(uri) ? { kind: "uri", uri } : undefined;
}

/** Nobody takes connections in a browser. @spec rfc7118#5.2 */
function isDialable(uri: string): boolean {
  return !/;transport=wss?(?:[;?]|$)/i.test(uri) && !/\.invalid(?:[:;?]|$)/i.test(uri);
}
