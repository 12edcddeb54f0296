import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { LoadOrder, LoadReport } from "./msrp-load.js";

type Work = Exclude<LoadOrder, { readonly kind: "idle" }>;
type Result<Kind extends Work["kind"]> = Extract<
  LoadReport,
  { kind: Kind extends "chat" ? "chatted" : "moved" }
>;

/** Runs the MSRP generator; `onBound` is called when its sessions are open, before anything is timed. */
export async function runMsrpLoad<Order extends Work>(
  order: Order,
  onBound: () => void = () => undefined,
): Promise<Result<Order["kind"]>> {
  const child = start(order);
  try {
    return await new Promise((resolve, reject) => {
      child.once("exit", (status) => reject(new Error(`the MSRP generator ended with ${status}`)));
      child.on("message", (report: LoadReport) => {
        if (report.kind === "bound") onBound();
        else resolve(report as Result<Order["kind"]>);
      });
    });
  } finally {
    child.kill();
  }
}

/** Opens sessions that say nothing; resolves when they are bound. Returns how to end them. */
export async function openIdleSessions(
  pairs: Extract<LoadOrder, { kind: "idle" }>["pairs"],
): Promise<() => void> {
  const child = start({ kind: "idle", pairs });
  await new Promise<void>((resolve, reject) => {
    child.once("exit", (status) => reject(new Error(`the MSRP generator ended with ${status}`)));
    child.on("message", () => resolve());
  });
  return () => void child.kill();
}

function start(order: LoadOrder): ChildProcess {
  const child = fork(fileURLToPath(new URL("./msrp-load.js", import.meta.url)));
  child.send(order);
  return child;
}
