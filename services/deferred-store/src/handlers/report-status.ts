import type { deferredStore } from "@heliograph/contracts";
import type { z } from "zod";
import type { Queues } from "../ports.js";

interface Deps {
  readonly queues: Pick<Queues, "usageOf">;
}

/** How much waits, for one owner or in all. */
export function reportStatus({ queues }: Deps) {
  return async ({
    owner,
  }: z.output<typeof deferredStore.reportStatus.input>): Promise<
    z.output<typeof deferredStore.reportStatus.output>
  > => {
    const { waiting, bytes, oldestAtMs } = await queues.usageOf(owner);
    return { waiting, bytes, ...(oldestAtMs !== undefined && { oldestAtMs }) };
  };
}
