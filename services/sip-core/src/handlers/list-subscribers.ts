import type { sipCore } from "@heliograph/contracts";
import type { Registrations } from "@heliograph/state";
import type { InputOf, OutputOf } from "../contract-types.js";
import type { Listed, SubscriberDirectory } from "../ports.js";

interface Deps {
  readonly directory: Pick<SubscriberDirectory, "page">;
  readonly registrations: Pick<Registrations, "bindingsOf">;
}

const maxPage = 1_000;

/** Lists users by name, a page at a time. */
export function listSubscribers({ directory, registrations }: Deps) {
  return async ({
    domain,
    after,
    limit,
  }: InputOf<typeof sipCore.listSubscribers>): Promise<OutputOf<typeof sipCore.listSubscribers>> => {
    const page = await directory.page({
      limit: Math.min(Math.max(1, Math.trunc(limit)), maxPage),
      ...(domain === undefined ? undefined : { domain: domain.toLowerCase() }),
      ...(after === undefined ? undefined : { after }),
    });
    return { subscribers: await Promise.all(page.map(toEntry)) };
  };

  async function toEntry({ aor, display, isBarred, autoAcceptsSessions }: Listed) {
    const { length: bindings } = await registrations.bindingsOf(aor);
    return {
      aor,
      isBarred,
      bindings,
      ...(display === undefined ? undefined : { display }),
      ...(autoAcceptsSessions && { autoAcceptsSessions }),
    };
  }
}
