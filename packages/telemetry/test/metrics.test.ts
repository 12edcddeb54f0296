import { describe, expect, it } from "@jest/globals";
import { Metrics } from "../src/index.js";

describe("metrics in Prometheus' text format", () => {
  it("counts, by label where there is one, from zero", () => {
    const metrics = new Metrics();
    const accepted = metrics.countersBy("accepted_total", "Accepted", "status", ["200", "202"]);
    accepted["202"].add();
    accepted["202"].add(2);
    expect(metrics.text()).toBe(
      '# HELP accepted_total Accepted\n# TYPE accepted_total counter\naccepted_total{status="200"} 0\naccepted_total{status="202"} 3\n',
    );
  });

  it("gives the same counter when it is made twice", () => {
    const metrics = new Metrics();
    metrics.counter("a_total", "A").add();
    metrics.counter("a_total", "A").add();
    expect(metrics.text()).toContain("a_total 2\n");
    expect(metrics.text().match(/# TYPE/g)).toHaveLength(1);
  });

  it("reads a level when somebody asks", () => {
    const metrics = new Metrics();
    let waiting = 1;
    metrics.gauge("waiting", "Waiting", () => waiting, { queue: 'a"b\\c' });
    waiting = 5;
    expect(metrics.text()).toContain('waiting{queue="a\\"b\\\\c"} 5\n');
  });

  it("sorts into cumulative buckets", () => {
    const metrics = new Metrics();
    const took = metrics.histogram("took_ms", "Took", [1, 10]);
    for (const ms of [0.5, 1, 5, 100]) took.observe(ms);
    expect(metrics.text()).toBe(
      '# HELP took_ms Took\n# TYPE took_ms histogram\ntook_ms_bucket{le="1"} 2\ntook_ms_bucket{le="10"} 3\n' +
        'took_ms_bucket{le="+Inf"} 4\ntook_ms_sum 106.5\ntook_ms_count 4\n',
    );
  });

  it("refuses one name for two kinds", () => {
    const metrics = new Metrics();
    metrics.counter("a", "A");
    expect(() => metrics.gauge("a", "A", () => 1)).toThrow("a is a counter, and cannot be a gauge too");
  });
});
