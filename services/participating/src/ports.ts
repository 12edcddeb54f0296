import type { Party } from "./domain/decide-origination.js";

export type {
  Conversations,
  RateLimits,
  Reachability,
  RecentMessages,
  Registrations,
} from "@heliograph/state";

/** Who an address is to us. Kept by `adapters/cached-profiles.ts`; answers at once when it knows. */
export interface Profiles {
  of(aor: string): Party | Promise<Party>;
}
