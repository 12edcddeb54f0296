/** Counts upwards: one addition of a plain number, cheap enough for every message. */
export interface Counter {
  add(count?: number): void;
  readonly value: number;
}

/** Sorts measurements into buckets. */
export interface Histogram {
  observe(value: number): void;
}

/** A name, a sentence, and the labels that are the same for the whole series. */
interface Series {
  readonly name: string;
  readonly about: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly samples: (() => string)[];
}

/**
 * The numbers of a process. Instruments are made once, when a service is composed, and are plain numbers from then on;
 * all text is made when Prometheus asks for it. Making the same instrument twice gives the same one.
 */
export class Metrics {
  readonly #series = new Map<string, Series>();
  readonly #instruments = new Map<string, Counter | Histogram>();

  /** A counter; by convention its name ends in `_total`. */
  counter(name: string, about: string, labels: Labels = {}): Counter {
    return this.#once(sampleName(name, labels), () => {
      const counter = new PlainCounter();
      this.#declare("counter", name, about, () => `${sampleName(name, labels)} ${counter.value}\n`);
      return counter;
    });
  }

  /** A counter for each of a few values of one label; the type says which. */
  countersBy<const V extends string>(
    name: string,
    about: string,
    label: string,
    values: readonly V[],
  ): { readonly [value in V]: Counter } {
    const counters = values.map((value) => [value, this.counter(name, about, { [label]: value })] as const);
    return Object.fromEntries(counters) as { readonly [value in V]: Counter };
  }

  /** A level that is read when somebody asks. */
  gauge(name: string, about: string, read: () => number, labels: Labels = {}): void {
    this.#declare("gauge", name, about, () => `${sampleName(name, labels)} ${read()}\n`);
  }

  /** A total that something else keeps, read when somebody asks. */
  observedCounter(name: string, about: string, read: () => number, labels: Labels = {}): void {
    this.#declare("counter", name, about, () => `${sampleName(name, labels)} ${read()}\n`);
  }

  /** A distribution; `bounds` are the upper bounds of its buckets in rising order. */
  histogram(name: string, about: string, bounds: readonly number[] = latencyBoundsMs): Histogram {
    return this.#once(name, () => {
      const histogram = new PlainHistogram(bounds);
      this.#declare("histogram", name, about, () => histogram.text(name));
      return histogram;
    });
  }

  /** Everything in Prometheus' text format 0.0.4. */
  text(): string {
    const blocks: string[] = [];
    for (const { name, about, type, samples } of this.#series.values()) {
      blocks.push(
        `# HELP ${name} ${about}\n# TYPE ${name} ${type}\n${samples.map((sample) => sample()).join("")}`,
      );
    }
    return blocks.join("");
  }

  #once<T extends Counter | Histogram>(key: string, make: () => T): T {
    const known = this.#instruments.get(key);
    if (known) return known as T;
    const made = make();
    this.#instruments.set(key, made);
    return made;
  }

  #declare(type: Series["type"], name: string, about: string, sample: () => string): void {
    const series = this.#series.get(name) ?? { name, about, type, samples: [] };
    if (series.type !== type) throw new TypeError(`${name} is a ${series.type}, and cannot be a ${type} too`);
    series.samples.push(sample);
    this.#series.set(name, series);
  }
}

/** Low in number by design: never an address, an id or a text from outside. */
export type Labels = Readonly<Record<string, string>>;

/** Milliseconds, from what stays in memory to what waits for a device. */
export const latencyBoundsMs = [
  0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000,
];

class PlainCounter implements Counter {
  value = 0;
  add(count = 1): void {
    this.value += count;
  }
}

class PlainHistogram implements Histogram {
  readonly #counts: Float64Array;
  #sum = 0;
  constructor(private readonly bounds: readonly number[]) {
    this.#counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    let bucket = 0;
    while (bucket < this.bounds.length && value > (this.bounds[bucket] ?? 0)) bucket += 1;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sum += value;
  }

  text(name: string): string {
    let count = 0;
    const buckets = [...this.#counts].map((inBucket, index) => {
      count += inBucket;
      return `${name}_bucket{le="${this.bounds[index] ?? "+Inf"}"} ${count}\n`;
    });
    return `${buckets.join("")}${name}_sum ${this.#sum}\n${name}_count ${count}\n`;
  }
}

function sampleName(name: string, labels: Labels): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? name : `${name}{${pairs.join(",")}}`;
}

function escapeLabel(value: string): string {
  return value.replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(/\n/g, "\\n");
}
