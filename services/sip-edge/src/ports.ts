import type { Bus } from "@heliograph/contracts";
import type { IncomingRequest } from "@heliograph/sip";
import type { AddressBook } from "./domain/address-request.js";
import type { Answer, silence } from "./domain/answer.js";
import type { ServedDomains } from "./domain/served-domains.js";
import type { Source } from "./domain/source.js";

/** What a use case that a request starts gives back: the answer, or none. */
export type Reply = Answer | typeof silence;

/** A use case that a request starts. */
export type UseCase = (incoming: IncomingRequest) => Promise<Reply>;

/** The other services. */
export type Services = Pick<Bus, "request">;

/** Whoever listens. */
export type Publishing = Pick<Bus, "publish">;

/** What the edge knows of the world when a request arrives; undefined until sip-core has told the domains. */
export interface World {
  addressBook(): AddressBook | undefined;
  sourceOf(incoming: IncomingRequest): Source;
}

/** The domains as they are now. */
export interface KnownDomains {
  readonly current: ServedDomains | undefined;
}
