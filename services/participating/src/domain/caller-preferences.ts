import type { Binding } from "@heliograph/contracts";
import { isFeatureTag, splitList } from "@heliograph/sip";
import { headersOf, type WithHeaders } from "./header-of.js";

/**
 * The bindings that the sender's preferences leave, IM clients first. A contact without any feature tag is immune,
 * and so is one without any tag of OMA or 3GPP as far as IM tags are asked for (R-participating-5).
 *
 * @spec PF-42 @spec GEN-09 @spec GEN-24 @spec rfc3841#7.2
 */
export function preferredBindings(
  bindings: readonly Binding[],
  request: WithHeaders,
  method: "MESSAGE" | "INVITE" = "MESSAGE",
): readonly Binding[] {
  const accepted = predicatesOf(request, "accept-contact");
  const rejected = predicatesOf(request, "reject-contact");
  if (accepted.length === 0 && rejected.length === 0) return imClientsFirst(taking(method, bindings));
  return imClientsFirst(bindings.filter((binding) => isAcceptable(featuresOf(binding), accepted, rejected)));
}

/** Whether the sender prefers, or wants nothing but, devices that have a feature. @spec GEN-09 */
export function asksForFeature(request: WithHeaders, feature: string): boolean {
  return predicatesOf(request, "accept-contact").some(({ terms }) => terms.has(feature));
}

/** What a device says of itself; nothing: it may be able to do everything. @spec GEN-24 @spec rfc3841#7.2.3 */
export function featuresOf(binding: Binding): ReadonlyMap<string, string> {
  const features = new Map<string, string>();
  for (const [name, value] of binding.params) {
    const key = name.toLowerCase();
    if (isFeature(key)) features.set(key, value ?? "TRUE");
  }
  return features;
}

interface Predicate {
  readonly terms: ReadonlyMap<string, string>;
  readonly isRequired: boolean;
  readonly isExplicit: boolean;
}

type Features = ReadonlyMap<string, string>;

/** The tag of the enabler. */
export const imTag = "+g.oma.sip-im";
const none: readonly Predicate[] = [];

function predicatesOf(message: WithHeaders, header: string): readonly Predicate[] {
  const lines = headersOf(message, header);
  return lines.length === 0 ? none : lines.flatMap((line) => splitList(line)).map(predicateOf);
}

/** Clients write the same few preferences again and again. */
const known = new Map<string, Predicate>();
const mostKnown = 1_000;

function predicateOf(value: string): Predicate {
  const found = known.get(value);
  if (found) return found;
  const predicate = parsePredicate(value);
  if (known.size >= mostKnown) known.clear();
  known.set(value, predicate);
  return predicate;
}

/** `*;+g.oma.sip-im;require;explicit` */
function parsePredicate(value: string): Predicate {
  const terms = new Map<string, string>();
  const flags = new Set<string>();
  for (const [, name = "", quoted, token] of value.matchAll(
    /;\s*([^\s;=]+)(?:\s*=\s*(?:"([^"]*)"|([^\s;]*)))?/g,
  )) {
    const key = name.toLowerCase();
    if (isFeature(key)) terms.set(key, quoted ?? token ?? "TRUE");
    else flags.add(key);
  }
  return { terms, isRequired: flags.has("require"), isExplicit: flags.has("explicit") };
}

/** `+sip.instance` names the device, not what it can do. */
function isFeature(name: string): boolean {
  return name !== "+sip.instance" && isFeatureTag(name);
}

/** @spec rfc3841#7.2.4 */
function isAcceptable(
  features: Features,
  accepted: readonly Predicate[],
  rejected: readonly Predicate[],
): boolean {
  if (features.size === 0) return true;
  if (
    rejected.some(
      ({ terms }) => terms.size > 0 && [...terms].every((term) => matches(features, term) === "yes"),
    )
  )
    return false;
  const knowsImTags = [...features.keys()].some(
    (name) => name.startsWith("+g.oma.") || name.startsWith("+g.3gpp."),
  );
  return accepted.every(({ terms, isRequired, isExplicit }) => {
    if (!isRequired) return true;
    return [...terms].every((term) => {
      const found = matches(features, term);
      if (found !== "absent") return found === "yes";
      return !isExplicit || (term[0].startsWith(imTag) && !knowsImTags);
    });
  });
}

function matches(features: Features, [name, wanted]: readonly [string, string]): "yes" | "no" | "absent" {
  const has = features.get(name);
  if (has === undefined) return "absent";
  const values = has.split(",").map((value) => value.trim().toLowerCase());
  return wanted.split(",").some((value) => values.includes(value.trim().toLowerCase())) ? "yes" : "no";
}

/** The implicit preference: a device that names its methods must name this one, unless no device would be left. @spec rfc3841#7.2.2.1 */
function taking(method: string, bindings: readonly Binding[]): readonly Binding[] {
  const taking = bindings.filter((binding) => {
    const methods = binding.params.find(([name]) => name === "methods")?.[1];
    return methods === undefined || methods === null || methods.toUpperCase().includes(method);
  });
  return taking.length > 0 ? taking : bindings;
}

function imClientsFirst(bindings: readonly Binding[]): readonly Binding[] {
  if (bindings.length < 2) return bindings;
  const isImClient = (binding: Binding) => binding.params.some(([name]) => name.toLowerCase() === imTag);
  return [...bindings.filter(isImClient), ...bindings.filter((binding) => !isImClient(binding))];
}
