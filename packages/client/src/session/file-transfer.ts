import type { BodySource } from "@heliograph/msrp";
import type { MessageTaker } from "@heliograph/msrp-stack";

/** A file to send. `fileToSend` makes one of a file on disk. */
export interface FileToSend {
  /** As the receiver sees it. */
  readonly name: string;
  /** Media type: `image/png`. */
  readonly type: string;
  readonly size: number;
  /** SHA-1 of the whole: by it a receiver knows the file again when a broken transfer goes on. */
  readonly sha1?: Uint8Array;
  readonly source: BodySource;
}

/** What became of a file that was sent. */
export type FileSent =
  | { readonly kind: "sent" }
  | { readonly kind: "declined" }
  /** An MSRP or SIP status: too large (413), not taken (415) … */
  | { readonly kind: "refused"; readonly status: number; readonly reason: string }
  | { readonly kind: "cancelled"; readonly by: "us" | "peer" }
  /** Go on with `fromOctet: confirmedOctets + 1`, in another session if need be. */
  | { readonly kind: "lost"; readonly reason: string; readonly confirmedOctets: number };

/** A file of ours on its way. */
export interface FileSending {
  readonly outcome: Promise<FileSent>;
  /** Hears how many octets of the file the far end has, those of earlier tries included. */
  onProgress(hear: (octets: number) => void): void;
  cancel(): void;
}

/** Who takes a file piece by piece: octets at their place in the whole file, the first being 0. `saveFile` writes to disk. */
export type FileTaker = MessageTaker;

/** What became of a file that was received. */
export type FileReceived =
  | { readonly kind: "received"; readonly size: number }
  | { readonly kind: "lost"; readonly reason: string };

/** A file on its way to us. */
export interface FileReceiving {
  readonly outcome: Promise<FileReceived>;
  /** Hears how many octets of the file are here. */
  onProgress(hear: (octets: number) => void): void;
  /** Stops it: the sender is told. */
  cancel(): void;
}
