import { benchDeferredStore } from "./deferred-store.js";
import { type Figure, toFigure } from "./figure.js";
import { benchSipStack } from "./sip-stack.js";
import { benchTransactionLayer } from "./transaction-layer.js";

/** What one part costs by itself: measured when it is named with `--only`, for whoever works on it. */
export const benchParts: Readonly<Record<string, () => Promise<readonly Figure[]>>> = {
  "sip-stack": async () => {
    const { cpuMicrosPerMessage, messagesPerSecond } = await benchSipStack();
    return [
      toFigure({ id: "sip-stack", value: cpuMicrosPerMessage, unit: "µs CPU a relayed message" }),
      toFigure({ id: "sip-stack-rate", value: messagesPerSecond, unit: "messages/s" }),
    ];
  },
  transactions: () => {
    const measured = benchTransactionLayer();
    return Promise.resolve([
      toFigure({ id: "transactions", value: measured.microsPerPair, unit: "µs CPU a pair" }),
      toFigure({ id: "transactions-format", value: measured.formatMicrosPerPair, unit: "µs CPU a pair" }),
      toFigure({ id: "server-transaction", value: measured.bytesPerServerTransaction, unit: "bytes" }),
      toFigure({ id: "client-transaction", value: measured.bytesPerClientTransaction, unit: "bytes" }),
    ]);
  },
  "deferred-store": async () => {
    const measured = await benchDeferredStore();
    return [
      toFigure({ id: "deferred-store", value: measured.nodeMicrosPerMessage, unit: "µs CPU, the service" }),
      toFigure({
        id: "deferred-store-postgres",
        value: measured.postgresMicrosPerMessage,
        unit: "µs CPU, Postgres",
      }),
      toFigure({ id: "deferred-store-rate", value: measured.perSecond, unit: "messages/s" }),
      toFigure({ id: "deferred-store-p99", value: measured.p99Ms, unit: "ms" }),
    ];
  },
};
