/** The part of sdp-transform that we use; the library has no types of its own. */
declare module "sdp-transform" {
  interface WritableConnection {
    readonly version: 4 | 6;
    readonly ip: string;
  }
  interface WritableMedia {
    readonly type: string;
    readonly port: number;
    readonly protocol: string;
    readonly payloads: string;
    readonly connection?: WritableConnection;
    readonly direction?: string;
    readonly setup?: string;
    /** Attributes that the library has no grammar for, each without its `a=`. */
    readonly invalid?: readonly { readonly value: string }[];
  }
  interface WritableSession {
    readonly version: 0;
    readonly origin: {
      readonly username: string;
      readonly sessionId: string;
      readonly sessionVersion: number;
      readonly netType: "IN";
      readonly ipVer: 4 | 6;
      readonly address: string;
    };
    readonly name: string;
    readonly timing: { readonly start: 0; readonly stop: 0 };
    readonly connection: WritableConnection;
    readonly media: readonly WritableMedia[];
  }
  export function write(session: WritableSession): string;
}
