import type { HeliographServer } from "@heliograph/testkit";

/** Processes of the distributed form, by the place of their health servers behind the first one's port. */
const relayIndex = 2;
const edgeIndex = 5;
const processes = 6;
const gauges = ["msrp_relay_sessions", "sip_edge_session_legs", "sip_edge_dialogs"];

/** Whether every process of the distributed form says that it is ready. */
export async function allReady(server: HeliographServer): Promise<boolean> {
  const asked = Array.from(
    { length: processes },
    async (_, index) => (await health(server, index, "/readyz")).ok,
  );
  const answers = await Promise.all(asked.map((one) => one.catch(() => false)));
  return answers.every((ok) => ok);
}

/** What relay and edge of the distributed form still have of sessions; one that does not answer has something. */
export async function leftOver(server: HeliographServer): Promise<readonly string[]> {
  const texts = await Promise.all(
    [relayIndex, edgeIndex].map(async (index) =>
      health(server, index, "/metrics").then(
        (answer) => answer.text(),
        () => "",
      ),
    ),
  );
  return gauges.flatMap((name) => {
    const line = new RegExp(`^heliograph_${name} (\\d+)$`, "m").exec(texts.join("\n"));
    return line?.[1] === "0" ? [] : [line?.[0] ?? `${name} is not there`];
  });
}

function health(server: HeliographServer, index: number, path: string): Promise<Response> {
  return fetch(`http://127.0.0.1:${server.ports.health + index}${path}`);
}
