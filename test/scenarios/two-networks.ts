import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import { freePort, HeliographServer } from "@heliograph/testkit";
import { eventually } from "./eventually.js";
import type { Person } from "./person.js";
import { Talker } from "./talker.js";

/** Two deployments, each with a relay of its own, that exchange sessions. @spec SC-08 */
export function describeTwoNetworks(form: "embedded" | "distributed"): void {
  const servers: HeliographServer[] = [];
  const people: Person[] = [];

  beforeAll(async () => {
    const ports = [await freePort(), await freePort()];
    for (const [index, name] of ["one", "two"].entries()) {
      const other = index === 0 ? "two" : "one";
      const server = await HeliographServer.start({
        form,
        env: {
          SIP_LISTEN: `udp:127.0.0.1:${ports[index]},tcp:127.0.0.1:${ports[index]}`,
          NEIGHBOURS: `${other}.test=sip:127.0.0.1:${ports[1 - index]};transport=tcp`,
        },
      });
      servers.push(server);
      await server.addDomain(`${name}.test`);
      for (const user of ["ann", "ben"]) await server.addUser(`sip:${user}@${name}.test`, user);
    }
    uris.push(...ports.map((port) => `sip:127.0.0.1:${port};transport=tcp`));
  }, 180_000);
  const uris: string[] = [];
  afterEach(async () => {
    await Promise.all(people.splice(0).map(({ client }) => client.close()));
  }, 30_000);
  afterAll(() => Promise.all(servers.map((server) => server.stop())), 60_000);

  const arrive = (user: string, network: "one" | "two"): Promise<Talker> => {
    const index = network === "one" ? 0 : 1;
    const server = servers[index];
    const uri = uris[index];
    if (!server || uri === undefined) throw new Error("no such network");
    const account = { aor: `sip:${user}@${network}.test`, password: user, server: uri };
    const talker = new Talker(server, user, { transport: "tcp", ...account });
    people.push(talker);
    return talker.register();
  };

  /** Sessions that each network's relay has anchored now. */
  const anchored = (): Promise<readonly number[]> => Promise.all(servers.map(anchoredAt));

  describe(`two networks, ${form}`, () => {
    it("OMA 4.22 PF-04 PF-09 SC-08 a session goes through both relays, both ways", async () => {
      const ann = await arrive("ann", "one");
      const ben = await arrive("ben", "two");
      const opened = await ann.client.openSession("sip:ben@two.test", { firstMessage: "from one" });
      if (opened.kind !== "established") throw new Error(`no session: ${JSON.stringify(opened)}`);
      await eventually("the first message is there", () => ben.texts.includes("from one"));
      expect(await anchored()).toEqual([1, 1]);
      const wants = ["positive-delivery"] as const;
      const sent = await opened.session.sendText("through both", { wants, isReported: true });
      expect(sent).toMatchObject({ kind: "sent" });
      expect(await ben.sessions[0]?.sendText("and back")).toMatchObject({ kind: "sent" });
      expect(ben.texts).toEqual(["from one", "through both"]);
      await opened.session.close();
      await eventually("it is over in both networks", () => ben.sessions[0]?.isOver ?? false);
      await eventually("no relay has it any more", async () => (await anchored()).join() === "0,0");
    }, 60_000);

    it("OMA 4.22 4.2 a large message to somebody of the other network", async () => {
      const ann = await arrive("ann", "one");
      const ben = await arrive("ben", "two");
      const text = "large ".repeat(20_000);
      const sent = await ann.client.sendText("sip:ben@two.test", text);
      expect(sent).toMatchObject({ kind: "accepted" });
      expect(ben.texts).toEqual([text]);
    }, 60_000);
  });

  async function anchoredAt({ ports }: HeliographServer): Promise<number> {
    // In the distributed form the relay answers at the third of the ports that follow each other.
    const port = ports.health + (form === "distributed" ? 2 : 0);
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    return Number(/^heliograph_msrp_relay_sessions(?:\{[^}]*\})? (\d+)/m.exec(text)?.[1]);
  }
}
