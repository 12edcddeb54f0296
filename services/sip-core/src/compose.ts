import { type Bus, sipCore } from "@heliograph/contracts";
import type { Chance, Clock } from "@heliograph/kernel";
import type { NonceCounts, Registrations } from "@heliograph/state";
import { authentication } from "./authentication.js";
import type { SipCoreConfig } from "./config.js";
import type { TemporaryGruus } from "./domain/gruu.js";
import type { Events } from "./events.js";
import { addDomain } from "./handlers/add-domain.js";
import { addSubscriber } from "./handlers/add-subscriber.js";
import { authenticate } from "./handlers/authenticate.js";
import { changeSubscriber } from "./handlers/change-subscriber.js";
import { closeFlow } from "./handlers/close-flow.js";
import { listDomains } from "./handlers/list-domains.js";
import { listSubscribers } from "./handlers/list-subscribers.js";
import { lookUpProfile } from "./handlers/look-up-profile.js";
import { register } from "./handlers/register.js";
import { removeDomain } from "./handlers/remove-domain.js";
import { removeSubscriber } from "./handlers/remove-subscriber.js";
import { reportStatus } from "./handlers/report-status.js";
import type { Digests, Domains, Forgetful, Nonces, SubscriberDirectory, Subscribers } from "./ports.js";
import { registrationAdmission } from "./registration-admission.js";

/** What the service needs of the world. */
export interface Ports {
  readonly bus: Bus;
  readonly clock: Pick<Clock, "nowMs">;
  readonly chance: Chance;
  readonly events: Events;
  readonly registrations: Registrations;
  readonly nonceCounts: NonceCounts;
  readonly domains: Domains & Forgetful;
  readonly subscribers: Subscribers & Forgetful;
  readonly directory: SubscriberDirectory;
  readonly nonces: Nonces;
  readonly digests: Digests;
  readonly gruus: Pick<TemporaryGruus, "issue" | "read">;
}

/** The whole service on one screen: which subject is served by which use case, and with what. */
export async function compose(ports: Ports, { registration: policy, digest }: SipCoreConfig): Promise<void> {
  const { bus, chance, events, domains, subscribers } = ports;
  const check = authentication({ ...ports, digest });
  const admit = registrationAdmission({ ...ports, authenticate: check });
  const admin = { ...ports, tellChanged };
  await Promise.all([
    bus.serve(sipCore.register, {}, register({ ...ports, admit, policy })),
    bus.serve(sipCore.authenticate, {}, authenticate({ ...ports, check })),
    bus.serve(sipCore.lookUpProfile, {}, lookUpProfile(ports)),
    bus.serve(sipCore.closeFlow, {}, closeFlow(ports)),
    bus.serve(sipCore.reportStatus, {}, reportStatus(ports)),
    bus.serve(sipCore.listDomains, {}, listDomains(ports)),
    bus.serve(sipCore.addDomain, {}, addDomain(admin)),
    bus.serve(sipCore.removeDomain, {}, removeDomain(admin)),
    bus.serve(sipCore.listSubscribers, {}, listSubscribers(ports)),
    bus.serve(sipCore.addSubscriber, {}, addSubscriber(admin)),
    bus.serve(sipCore.changeSubscriber, {}, changeSubscriber(admin)),
    bus.serve(sipCore.removeSubscriber, {}, removeSubscriber(admin)),
    bus.listen(sipCore.subscriberChanged, {}, `sip-core-${chance.token(8)}`, async ({ aor }) => forget(aor)),
  ]);

  /** Here at once, elsewhere as soon as they hear of it. */
  async function tellChanged(aor?: string): Promise<void> {
    forget(aor);
    const fact = aor === undefined ? {} : { aor };
    await bus.publish(sipCore.subscriberChanged, {}, fact).catch(events.changeUntold);
  }

  function forget(aor: string | undefined): void {
    domains.forget(aor);
    subscribers.forget(aor);
  }
}
