/**
 * What neither the compiler nor the linter checks: subjects are written in packages/contracts only, no enums,
 * no default exports in sources, no files that are named for nothing, no tests that are focused or skipped.
 *
 * Use: node build/scripts/check-house.js
 */
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

interface Rule {
  readonly says: string;
  readonly pattern: RegExp;
  readonly appliesTo: (file: string) => boolean;
}

const isSource = (file: string): boolean => file.includes("/src/");
const isTest = (file: string): boolean => file.endsWith(".test.ts");

const rules: readonly Rule[] = [
  {
    says: "subjects are written once, in packages/contracts",
    pattern: /["'`]im\.[a-z-]+\./,
    appliesTo: (file) => isSource(file) && !file.startsWith("packages/contracts/"),
  },
  {
    says: "a union of string literals reads better than an enum, and erases",
    pattern: /^\s*(export )?(const )?enum /,
    appliesTo: isSource,
  },
  { says: "named exports only", pattern: /^export default /, appliesTo: isSource },
  {
    says: "a skipped or focused test hides something",
    pattern: /\b(it|test|describe)\.(skip|only|todo)\b|\bx(it|describe)\(/,
    appliesTo: isTest,
  },
  { says: "left to do", pattern: /\b(TODO|FIXME|XXX)\b/, appliesTo: () => true },
];

const namedForNothing = /^(utils?|helpers?|common|misc|types|constants)\.ts$/;

const problems = ["packages", "services"].flatMap((dir) => [...sources(dir)]).flatMap(problemsOf);
if (problems.length > 0) {
  console.error(problems.join("\n"));
  process.exitCode = 1;
}

function problemsOf(file: string): string[] {
  const names = namedForNothing.test(basename(file)) ? [`${file}: name it for what it holds`] : [];
  const applying = rules.filter(({ appliesTo }) => appliesTo(file));
  const lines = readFileSync(file, "utf8")
    .split("\n")
    .flatMap((line, index) =>
      applying
        .filter(({ pattern }) => pattern.test(line) && !/^\s*(\/\/|\*|\/\*)/.test(line))
        .map(({ says }) => `${file}:${index + 1}: ${says}`),
    );
  return [...names, ...lines];
}

function* sources(dir: string): Generator<string> {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    if (["node_modules", "dist", "corpus"].includes(entry.name)) continue;
    const path = join(dir, entry.name);
    if (entry.isDirectory()) yield* sources(path);
    else if (path.endsWith(".ts")) yield path;
  }
}
