import { createLocalBus } from "@heliograph/bus";
import {
  type Bus,
  type Invitation,
  participating,
  type SessionAnswer,
  sipCore,
  sipEdge,
} from "@heliograph/contracts";
import { type Clock, TimerWheel } from "@heliograph/kernel";
import { loadConfig } from "@heliograph/runtime";
import { createSipStack, PooledChance } from "@heliograph/sip-stack";
import { Metrics } from "@heliograph/telemetry";
import { createSipEdge } from "../src/compose.js";
import { readConfig } from "../src/config.js";
import { alice, challenge, domains, request } from "./given.js";
import { SipPeer } from "./sip-peer.js";

interface Leg {
  readonly node: string;
  readonly leg: string;
}

/** A participating function of a few lines: it invites Bob's device, and takes from each side to the other. */
class Between {
  readonly invitations: Invitation[] = [];
  readonly left: { conversation: string; leg?: string | undefined; reason?: string | undefined }[] = [];
  /** What to do with an invitation; Bob's device is invited by default. */
  invite: (invitation: Invitation) => Promise<SessionAnswer> = (invitation) => this.#inviteBob(invitation);
  /** How to reach Bob. */
  bob: Partial<sipEdge.LegInvitation> = {};
  readonly #others = new Map<string, Leg>();
  readonly #ringing = new Map<string, string>();

  constructor(private readonly bus: Bus) {}

  async serve(): Promise<void> {
    const { bus } = this;
    for (const subject of [participating.originateSession, participating.terminateSession]) {
      await bus.serve(subject, {}, (invitation: Invitation) => {
        this.invitations.push(invitation);
        return this.invite(invitation);
      });
    }
    await bus.serve(participating.relayInDialog, {}, async ({ leg, method, headers, body }) => {
      const other = this.#other(leg);
      const answer = await bus.request(
        sipEdge.sendInDialog,
        { node: other.node },
        { leg: other.leg, method, headers, ...(body && { body }), timeoutMs: 30_000 },
      );
      if (answer.kind === "answered") return answer;
      return { status: 480, reason: answer.kind, headers: [] };
    });
    await bus.serve(participating.takeAcknowledgement, {}, async ({ leg, body }) => {
      const other = this.#other(leg);
      if (body) await bus.request(sipEdge.acknowledgeLeg, { node: other.node }, { leg: other.leg, body });
      return {};
    });
    await bus.serve(participating.leaveSession, {}, async (left) => {
      this.left.push(left);
      const other = this.#others.get(left.leg ?? "");
      if (other)
        await bus.request(sipEdge.endLeg, { node: other.node }, { leg: other.leg, reason: left.reason });
      return {};
    });
    await bus.listen(sipEdge.legProgressed, {}, "between", async ({ leg, status, reason }) => {
      const caller = this.#other(leg);
      await bus.request(sipEdge.progressLeg, { node: caller.node }, { leg: caller.leg, status, reason });
    });
    await bus.listen(sipEdge.inviteCancelled, {}, "between", async ({ invitation, reason }) => {
      const leg = this.#ringing.get(invitation);
      if (leg !== undefined) await bus.request(sipEdge.cancelLeg, { node: "n1" }, { leg, reason });
    });
  }

  async #inviteBob(invitation: Invitation): Promise<SessionAnswer> {
    const leg = `bob-of-${invitation.id}`;
    this.#others.set(invitation.caller.leg, { node: "n1", leg });
    this.#others.set(leg, invitation.caller);
    this.#ringing.set(invitation.id, leg);
    const answer = await this.bus.request(
      sipEdge.inviteLeg,
      { node: "n1" },
      {
        leg,
        conversation: invitation.id,
        invitation,
        requestUri: "sip:bob@127.0.0.1",
        route: [],
        trusted: false,
        towards: "device",
        ringMs: 60_000,
        ...this.bob,
      },
    );
    switch (answer.kind) {
      case "accepted": {
        const { contactParams, headers, body } = answer;
        return {
          kind: "accepted",
          conversation: invitation.id,
          contactParams,
          headers,
          ...(body && { body }),
        };
      }
      case "answered":
        return { kind: "refused", status: answer.status, reason: answer.reason };
      default:
        return { kind: "refused", status: 480, reason: answer.kind };
    }
  }

  #other(leg: string): Leg {
    const other = this.#others.get(leg);
    if (!other) throw new Error("there is no such conversation");
    return other;
  }
}

/** An edge on sockets of its own between two peers, and what is behind it in a few lines. */
export async function edgeBetweenPeers(env: Record<string, string> = {}, clock: Clock = new TimerWheel()) {
  const chance = new PooledChance();
  const logger = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const bus = createLocalBus({ clock, logger });
  const flows: string[] = [];
  await bus.serve(sipCore.listDomains, {}, async () => ({ domains }));
  await bus.serve(sipCore.register, {}, async ({ flowId }) => {
    flows.push(flowId);
    return { kind: "registered" as const, identity: alice, headers: [], expiresAtMs: clock.nowMs() + 60_000 };
  });
  await bus.serve(sipCore.closeFlow, {}, async () => ({}));
  await bus.serve(sipCore.authenticate, {}, async ({ credentials }) =>
    credentials.length > 0
      ? { kind: "authenticated" as const, identity: alice }
      : { kind: "challenge" as const, challenges: [challenge] },
  );
  const between = new Between(bus);
  await between.serve();
  const stack = createSipStack({
    listen: [
      { transport: "udp", address: "127.0.0.1", port: 0 },
      { transport: "tcp", address: "127.0.0.1", port: 0 },
    ],
    limits: { maxMessageBytes: 65_536 },
    clock,
    chance,
  });
  const metrics = new Metrics();
  const config = loadConfig({ NODE_ID: "n1", SIP_DRAIN_MS: "500", ...env }, readConfig);
  const edge = createSipEdge({ bus, stack, clock, chance, telemetry: { logger, metrics }, config });
  await edge.start();
  const [udp = 0, tcp = 0] = stack.listeningPoints.map(({ port }) => port);
  const gauge = (name: string) =>
    Number(new RegExp(`^heliograph_sip_edge_${name} (\\d+)$`, "m").exec(metrics.text())?.[1] ?? Number.NaN);
  return { edge, bus, between, flows, udp, tcp, clock, gauge };
}

/** A device of Alice's, by UDP, and one of Bob's, whose registered connection is the only way to it. */
export async function aliceAndBob(node: Awaited<ReturnType<typeof edgeBetweenPeers>>) {
  const caller = await SipPeer.udp(node.udp);
  const callee = await SipPeer.tcp(node.tcp);
  callee.send(
    request("REGISTER", {
      uri: "sip:example.com",
      to: "<sip:alice@example.com>",
      more: [`Contact: ${callee.contact}`],
    }),
  );
  await callee.response("REGISTER", 200);
  node.between.bob = {
    flowId: node.flows[0] ?? "",
    requestUri: `sip:peer@127.0.0.1:${callee.port};transport=tcp`,
  };
  return { caller, callee };
}
