import { afterEach, describe, expect, it } from "@jest/globals";
import { TimerWheel } from "@heliograph/kernel";
import { createResponse, type IncomingRequest, parseContactList, type SipStack } from "@heliograph/sip";
import { createSipStack, PooledChance } from "@heliograph/sip-stack";
import { freePort } from "@heliograph/testkit";
import { type Arrival, type Client, type ClientOptions, createClient, type Receipt } from "../src/index.js";

const clock = new TimerWheel();
const opened: { stop(): Promise<void> }[] = [];
const clients: Client[] = [];
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await Promise.all(opened.splice(0).map((stack) => stack.stop()));
});

/** The least of a service: it remembers one contact a user, and sends on what is for that user. */
class Relay {
  readonly #contacts = new Map<string, { readonly uri: string; readonly flowId: string }>();

  constructor(private readonly stack: SipStack) {}

  static async start(): Promise<{ readonly udp: string; readonly tcp: string }> {
    const stack = createSipStack({
      listen: [
        { transport: "udp", address: "127.0.0.1", port: 0 },
        { transport: "tcp", address: "127.0.0.1", port: 0 },
      ],
      clock,
      chance: new PooledChance(),
    });
    opened.push(stack);
    const relay = new Relay(stack);
    stack.onRequest((incoming) => void relay.#take(incoming));
    await stack.start();
    const [udp, tcp] = stack.listeningPoints.map(({ port }) => port);
    return { udp: `sip:127.0.0.1:${udp}`, tcp: `sip:127.0.0.1:${tcp};transport=tcp` };
  }

  async #take(incoming: IncomingRequest): Promise<void> {
    const { request, flow } = incoming;
    if (request.method === "REGISTER") {
      const contacts = parseContactList(request.headers.get("Contact") ?? "");
      const [contact] = contacts.ok && contacts.value !== "*" ? contacts.value : [];
      if (contact) this.#contacts.set(request.to.uri, { uri: contact.uri, flowId: flow.id });
      const headers = [["Contact", `<${contact?.uri}>;expires=600`]] as const;
      return incoming.respond(createResponse(request, 200, { headers, toTag: "r" }));
    }
    const known = this.#contacts.get(request.requestUri);
    if (!known) return incoming.respond(createResponse(request, 404, { toTag: "r" }));
    const forwarded = request.with({ requestUri: known.uri, headers: request.headers.without("Via") });
    const outcome = await this.stack.send(forwarded, { kind: "flow", flowId: known.flowId });
    const status = outcome.kind === "response" ? outcome.response.status : 480;
    incoming.respond(createResponse(request, status, { toTag: "r" }));
  }
}

function client(options: ClientOptions): Client {
  const made = createClient({ clock, ...options });
  clients.push(made);
  return made;
}

describe("two clients over real sockets", () => {
  it.each(["udp", "tcp"] as const)(
    "CL-01 CL-10 CL-15 CL-32 write to each other over %s",
    async (transport) => {
      const server = (await Relay.start())[transport];
      const alice = client({ aor: "sip:alice@example.org", server });
      const bob = client({ aor: "sip:bob@example.org", server });
      expect(await alice.register()).toEqual({ kind: "registered", expiresS: 600 });
      expect(await bob.register()).toEqual({ kind: "registered", expiresS: 600 });
      const arrived = new Promise<Arrival>((resolve) => bob.onMessage(resolve));
      const receipt = new Promise<Receipt>((resolve) => alice.onReceipt(resolve));
      const sent = await alice.sendText("sip:bob@example.org", "Are you there?", {
        wants: ["positive-delivery"],
      });
      expect(sent).toMatchObject({ kind: "accepted", status: 200 });
      expect((await arrived).message.text).toBe("Are you there?");
      expect(await receipt).toMatchObject({ status: "delivered", from: "sip:bob@example.org" });
    },
  );

  it("is refused for a user whom nobody knows", async () => {
    const { udp: server } = await Relay.start();
    const alice = client({ aor: "sip:alice@example.org", server });
    await alice.open();
    expect(await alice.sendText("sip:nobody@example.org", "?")).toMatchObject({
      kind: "refused",
      status: 404,
    });
  });
});

describe("a client without a server", () => {
  it.each(["udp", "tcp"] as const)("says that nobody is there over %s", async (transport) => {
    const server = `sip:127.0.0.1:${await freePort()};transport=${transport}`;
    const lonely = client({ aor: "sip:alice@example.org", server });
    expect(await lonely.register()).toMatchObject({ kind: "unreachable" });
    expect(await lonely.sendText("sip:bob@example.org", "?")).toMatchObject({ kind: "unreachable" });
  });

  it.each([
    [{ aor: "alice" }, "not an address of record (sip:NAME@DOMAIN): alice"],
    [{ aor: "sip:example.org" }, "not an address of record (sip:NAME@DOMAIN): sip:example.org"],
    [{ aor: "sip:a@example.org", server: "http://example.org" }, "not a SIP URI: http://example.org"],
  ])("refuses %j at once", (options, message) => {
    expect(() => createClient(options)).toThrow(new TypeError(message));
  });
});
