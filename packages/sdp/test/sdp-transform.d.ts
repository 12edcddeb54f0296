/** The part of sdp-transform that the tests read with, as a second reader. */
declare module "sdp-transform" {
  export function parse(text: string): {
    readonly origin?: { readonly username: string | number; readonly sessionVersion: string | number };
    readonly media: readonly {
      readonly type: string;
      readonly port: number;
      readonly protocol: string;
      readonly payloads?: string;
      readonly setup?: string;
      readonly direction?: string;
      readonly connection?: { readonly version: number; readonly ip: string };
      readonly invalid?: readonly { readonly value: string }[];
    }[];
  };
}
