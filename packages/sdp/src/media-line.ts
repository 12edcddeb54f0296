import { ok, type Result } from "@heliograph/kernel";
import { type MalformedSdp, malformed } from "./malformed-sdp.js";
import type { SdpLine } from "./session-description.js";

/** What an `m=` line says: `m=<media> <port> <protocol> <formats>`. */
export interface MediaLine {
  readonly media: string;
  readonly port: number;
  readonly protocol: string;
  readonly formats: string;
}

const fields = /^([^ ]+) +(\d{1,5})(?:\/\d{1,5})? +([^ ]+) +([^ ].*)$/;

/** @spec rfc8866#5.14 */
export function parseMediaLine(line: SdpLine): Result<MediaLine, MalformedSdp> {
  const [, media = "", port = "", protocol = "", formats = ""] = fields.exec(line.value) ?? [];
  if (media === "") return malformed("media line", line.offset + 2);
  if (Number(port) > 65_535) return malformed("port", line.offset + 3 + media.length);
  return ok({ media, port: Number(port), protocol, formats: formats.trimEnd() });
}
