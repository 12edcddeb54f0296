/**
 * Writes docs/spec/coverage.md (requirement → code → tests) from the `@spec` tags and the titles of the tests.
 * Fails on a tag that names an unknown requirement or document, on a citation of an unknown reading or
 * divergence, on a reading or divergence that nobody cites, on a requirement of the present scope that no test
 * names in its title and, with `--check`, on a stale page.
 *
 * Use: node build/scripts/spec-coverage.js [--check]
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

interface Place {
  readonly file: string;
  readonly line: number;
}

interface Requirement {
  readonly id: string;
  readonly scope: string;
  readonly summary: string;
}

const page = "docs/spec/coverage.md";
/** What is built so far: each of its requirements needs a test that names it. */
const builtScopes: ReadonlySet<string> = new Set(["pager", "session"]);
const requirementId = /\b(?:GEN|CL|PF|CF|MS|DF|IX|HS|SX|AP|PR|CH|DM|XC|SC|LI)-\d\d\b/g;
const choiceId = /\b[RD]-(?:[a-z]+-)*\d+\b/g;
const isChoice = /^[RD]-(?:[a-z]+-)*\d+$/;
/** What follows `describe(`, `it(`, `it.each(…)(` or `title:`; a title may stand on the next line. */
const title =
  /(?:\b(?:describe|it)(?:\.each\b[\s\S]*?\)\s*)?\(|\btitle:)\s*(["'`])((?:\\.|(?!\1)[\s\S])*)\1/g;

const requirements = readTable("docs/spec/requirements.tsv").map(
  ([id = "", scope = "", summary = ""]): Requirement => ({ id, scope, summary }),
);
const excused = new Map(readTable("docs/spec/not-covered.tsv").map(([id = "", reason = ""]) => [id, reason]));
const documents = new Set(readTable("docs/spec/documents.tsv").map(([id]) => id));
const known = new Set(requirements.map(({ id }) => id));
const listedChoices = ["docs/spec/readings.md", "docs/spec/divergences.md"].flatMap((file) =>
  [...readFileSync(file, "utf8").matchAll(/^## ([RD]-(?:[a-z]+-)*\d+) — \S/gm)].map(([, id = ""]) => id),
);
const choices = new Set(listedChoices);

const code = new Map<string, Place[]>();
const tests = new Map<string, Place[]>();
const sections = { code: new Map<string, Place[]>(), tests: new Map<string, Place[]>() };
const citedChoices = new Set<string>();
const problems: string[] = [];

for (const file of ["packages", "services", "test", "bench", "scripts"].flatMap((dir) => [...sources(dir)])) {
  const whole = readFileSync(file, "utf8");
  whole.split("\n").forEach((text, index) => {
    const place = { file, line: index + 1 };
    readTags(text, place);
    readChoices(text, place);
  });
  if (file.includes("/test/") || file.startsWith("test/")) readTitles(whole, file);
}

for (const [index, id] of listedChoices.entries()) {
  if (!citedChoices.has(id)) problems.push(`${id}: no code cites it`);
  if (listedChoices.indexOf(id) !== index) problems.push(`${id}: is listed twice`);
}
for (const id of excused.keys()) {
  if (!known.has(id)) problems.push(`not-covered.tsv names ${id}, which does not exist`);
}
for (const { id, scope } of requirements) {
  if (builtScopes.has(scope) && !tests.has(id) && !excused.has(id)) problems.push(`${id}: no test names it`);
  if (excused.has(id) && tests.has(id)) problems.push(`${id}: stands in not-covered.tsv and has a test`);
}

const text = format();
if (process.argv.includes("--check")) {
  if (readFileSync(page, "utf8") !== text) problems.push(`${page} is stale: run npm run docs:spec`);
} else {
  writeFileSync(page, text);
}
if (problems.length > 0) {
  console.error(problems.join("\n"));
  process.exitCode = 1;
} else {
  const covered = requirements.filter(({ scope, id }) => builtScopes.has(scope) && tests.has(id)).length;
  console.log(
    `spec coverage: ${covered} requirements of pager and session mode have code and a test that names them`,
  );
}

function readTags(text: string, place: Place): void {
  for (const [, id = "", section] of text.matchAll(/@spec ([A-Za-z0-9-]+)(?:#([\w.-]+\w))?/g)) {
    if (known.has(id)) note(code, id, place);
    else if (documents.has(id)) note(sections.code, section ? `${id}#${section}` : id, place);
    else if (!isChoice.test(id))
      problems.push(`${place.file}:${place.line}: ${id} is in no table of docs/spec`);
  }
}

function readChoices(text: string, place: Place): void {
  if (!/^\s*(\/\/|\/?\*)/.test(text)) return;
  for (const [id] of text.matchAll(choiceId)) {
    citedChoices.add(id);
    if (!choices.has(id)) problems.push(`${place.file}:${place.line}: ${id} is no reading and no divergence`);
  }
}

function readTitles(whole: string, file: string): void {
  for (const match of whole.matchAll(title)) {
    const text = match[2] ?? "";
    const place = { file, line: whole.slice(0, match.index).split("\n").length };
    for (const [id] of text.matchAll(requirementId)) {
      if (known.has(id)) note(tests, id, place);
      else problems.push(`${file}:${place.line}: a test names ${id}, which does not exist`);
    }
    for (const [, rfc = "", section = ""] of text.matchAll(/RFC (\d+) §([\d.]*\d)/g)) {
      note(sections.tests, `rfc${rfc}#${section}`, place);
    }
  }
}

function note(map: Map<string, Place[]>, id: string, place: Place): void {
  const places = map.get(id);
  if (places) places.push(place);
  else map.set(id, [place]);
}

function format(): string {
  const ofScope = (wanted: string) => requirements.filter(({ scope }) => scope === wanted);
  const later = requirements.filter(
    ({ scope, id }) => !builtScopes.has(scope) && (code.has(id) || tests.has(id)),
  );
  const missing = requirements.filter(({ id }) => !code.has(id) && !tests.has(id));
  return [
    "# Coverage",
    "",
    "Generated by `npm run docs:spec` from `@spec` tags and test titles; do not edit.",
    "",
    "## Requirements of pager mode",
    "",
    ...requirementTable(ofScope("pager")),
    "",
    "## Requirements of session mode",
    "",
    ...requirementTable(ofScope("session")),
    "",
    "## Other requirements that are obeyed already",
    "",
    ...requirementTable(later),
    "",
    "## Sections",
    "",
    "| section | code | tests |",
    "|---|---|---|",
    ...sectionKeys().map(
      (key) => `| ${key} | ${links(sections.code.get(key))} | ${links(sections.tests.get(key))} |`,
    ),
    "",
    "## Not covered",
    "",
    `${missing.length} requirements of the catalogue have neither code nor test: ${missing.map(({ id }) => id).join(", ")}.`,
    "",
  ].join("\n");
}

function requirementTable(rows: readonly Requirement[]): string[] {
  return [
    "| id | requirement | code | tests |",
    "|---|---|---|---|",
    ...rows.map(({ id, summary }) => {
      const shown = summary.replaceAll("|", "\\|");
      return `| ${id} | ${shown} | ${links(code.get(id))} | ${excused.get(id) ?? links(tests.get(id))} |`;
    }),
  ];
}

function sectionKeys(): string[] {
  const keys = new Set([...sections.code.keys(), ...sections.tests.keys()]);
  return [...keys].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
}

/** One link a file, so that the page changes when a file gains or loses a citation and not when a line moves. */
function links(places: readonly Place[] = []): string {
  const files = [...new Set(places.map(({ file }) => file))].sort();
  const shown = files.slice(0, 6).map((file) => `[${file.split("/").at(-1)}](../../${file})`);
  return shown.join(", ") + (files.length > 6 ? `, and ${files.length - 6} more` : "") || "–";
}

function readTable(file: string): string[][] {
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split("\t"));
}

function* sources(dir: string): Generator<string> {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    if (["node_modules", "dist", "build", "corpus"].includes(entry.name)) continue;
    const path = join(dir, entry.name);
    if (entry.isDirectory()) yield* sources(path);
    else if (path.endsWith(".ts")) yield path;
  }
}
