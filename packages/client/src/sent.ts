/** What became of a message that was sent. */
export type Sent =
  /** 200: a device has it. 202: the service keeps it until a device takes it. */
  | {
      readonly kind: "accepted";
      readonly status: number;
      readonly messageId: string;
      readonly callId: string;
    }
  | { readonly kind: "refused"; readonly status: number; readonly reason: string; readonly callId: string }
  | { readonly kind: "unreachable"; readonly reason: string; readonly callId: string };
