import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Metrics } from "./metrics.js";

/** What every Node process can tell about itself. Returns how to stop measuring. */
export function observeProcess(metrics: Metrics): () => void {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  metrics.observedCounter("process_cpu_seconds_total", "CPU time used, user and system", () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  metrics.gauge("process_resident_memory_bytes", "Memory in RAM", () => process.memoryUsage.rss());
  metrics.gauge("nodejs_heap_used_bytes", "JavaScript heap in use", () => process.memoryUsage().heapUsed);
  metrics.gauge("process_uptime_seconds", "Time since the start", () => process.uptime());
  metrics.gauge(
    "nodejs_eventloop_delay_p99_seconds",
    "How late the event loop runs, since the last question",
    () => {
      const late = delay.percentile(99) / 1e9;
      delay.reset();
      return late;
    },
  );
  return () => delay.disable();
}
