import { fork } from "node:child_process";
import { freePort } from "@heliograph/testkit";
import type { LoadPair } from "./msrp-load.js";
import { hasKamailio, startKamailio } from "./run-kamailio.js";
import { cpuMicros } from "./process-usage.js";

/** Something between senders and receivers. */
export interface Carrier {
  readonly pairs: readonly LoadPair[];
  /** CPU used so far, in microseconds. */
  cpuMicros(): number;
  stop(): void | Promise<void>;
}

/** Kamailio's MSRP relay in the path of `count` senders; undefined where Kamailio is not installed. */
export async function startKamailioMsrp(count: number): Promise<Carrier | undefined> {
  if (!hasKamailio()) return undefined;
  const kamailio = await startKamailio("msrp");
  const pairs: LoadPair[] = [];
  for (let n = 0; n < count; n += 1) {
    const port = await freePort();
    const receiver = `msrp://127.0.0.1:${port}/r${n};tcp`;
    pairs.push({
      sender: {
        connect: kamailio.port,
        uri: `msrp://127.0.0.${n + 10}:9/s${n};tcp`,
        toPath: `msrp://127.0.0.1:${kamailio.port}/k${n};tcp ${receiver}`,
        binds: false,
      },
      receiver: { listen: port, uri: receiver, toPath: "", binds: false },
    });
  }
  return { pairs, cpuMicros: () => cpuMicros(kamailio.pid), stop: () => kamailio.stop() };
}

/** Nobody in between: what the generator and the machine take by themselves. */
export async function startDirect(count: number): Promise<Carrier> {
  const pairs: LoadPair[] = [];
  for (let n = 0; n < count; n += 1) {
    const port = await freePort();
    const uri = `msrp://127.0.0.1:${port}/r${n};tcp`;
    pairs.push({
      sender: { connect: port, uri: `msrp://127.0.0.${n + 10}:9/s${n};tcp`, toPath: uri, binds: false },
      receiver: { listen: port, uri, toPath: "", binds: false },
    });
  }
  return { pairs, cpuMicros: () => 0, stop: () => undefined };
}

/** A bare TCP pipe in Node: what moving octets costs when nobody looks at them. */
export async function startPipe(): Promise<Carrier> {
  const [listen, port] = [await freePort(), await freePort()];
  const child = fork(new URL("./tcp-pipe.js", import.meta.url), [String(port), String(listen)]);
  await new Promise((resolve) => child.once("message", resolve));
  const uri = `msrp://127.0.0.1:${listen}/r;tcp`;
  return {
    pairs: [
      {
        sender: { connect: port, uri: "msrp://127.0.0.10:9/s;tcp", toPath: uri, binds: false },
        receiver: { listen, uri, toPath: "", binds: false },
      },
    ],
    cpuMicros: () => (child.pid === undefined ? 0 : cpuMicros(child.pid)),
    stop: () => void child.kill(),
  };
}
