/**
 * What neither the compiler nor the linter checks: subjects are written in packages/contracts only, no enums,
 * no default exports in sources, no files that are named for nothing, no tests that are focused or skipped, no links
 * in documents that lead nowhere, a README for each package and service.
 *
 * Use: node build/scripts/check-house.js
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

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
  { says: "left to do", pattern: /\b(TO[D]O|FIX[M]E|XX[X])\b/, appliesTo: () => true },
];

const namedForNothing = /^(utils?|helpers?|common|misc|types|constants)\.ts$/;

const everywhere = ["packages", "services", "test", "bench", "scripts"].flatMap((dir) => [
  ...files(dir, ".ts"),
]);
const documents = [
  ...readdirSync(".").filter((name) => name.endsWith(".md")),
  ...["docs", "packages", "services", "test", "bench", "deploy"].flatMap((dir) => [...files(dir, ".md")]),
];
const homes = ["packages", "services"].flatMap((dir) => readdirSync(dir).map((name) => join(dir, name)));

const problems = [
  ...everywhere.flatMap(problemsOf),
  ...documents.flatMap(deadLinksOf),
  ...homes.filter((dir) => !existsSync(join(dir, "README.md"))).map((dir) => `${dir}: no README.md`),
];
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

function deadLinksOf(file: string): string[] {
  return [...readFileSync(file, "utf8").matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].flatMap(
    ([, target = ""]) =>
      /^[a-z]+:/.test(target) || existsSync(join(dirname(file), target))
        ? []
        : [`${file}: ${target} is not there`],
  );
}

function* files(dir: string, ending: string): Generator<string> {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    if (["node_modules", "dist", "corpus"].includes(entry.name)) continue;
    const path = join(dir, entry.name);
    if (entry.isDirectory()) yield* files(path, ending);
    else if (path.endsWith(ending)) yield path;
  }
}
