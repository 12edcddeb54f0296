import type { SessionBody } from "@heliograph/contracts";
import type { Legs } from "../domain/legs.js";

/** Sends the ACK with the answer to a 2xx that had the offer; once. Comes from `participating`. @spec GEN-44 @spec rfc3261#13.2.2.4 */
export function acknowledgeLeg({ legs }: { readonly legs: Legs }) {
  return ({
    leg: name,
    body,
  }: {
    readonly leg: string;
    readonly body: SessionBody;
  }): Promise<Record<string, never>> => {
    const leg = legs.get(name);
    if (leg?.kind === "established")
      leg.ack.send({ headers: [["Content-Type", body.type]], body: body.content });
    return Promise.resolve({});
  };
}
