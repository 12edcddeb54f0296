import { err, ok, type Result } from "@heliograph/kernel";
import { callIdChar, digit, skipIn } from "./char-class.js";
import { parseCSeq } from "./cseq.js";
import type { FieldFault, FieldReader } from "./field-reader.js";
import type { HeaderList } from "./header-list.js";
import { slotOf, type Slotted } from "./header-name.js";
import type { Malformed } from "./malformed.js";
import { parseContactList, parseNameAddr } from "./name-addr.js";
import type { Essentials } from "./sip-message.js";
import { splitList } from "./split-list.js";
import { faultOfVia, parseVia, type Via } from "./via.js";

const via = slotOf("via");
const contact = slotOf("contact");
const from = slotOf("from");
const to = slotOf("to");
const callId = slotOf("call-id");
const cseq = slotOf("cseq");
const maxForwards = slotOf("max-forwards");

/**
 * Reads what every message must have, and checks what nobody should meet malformed later: each Via, each Contact,
 * Call-ID and Max-Forwards. Offsets in faults count from the beginning of the field's value.
 *
 * @spec rfc3261#8.1.1
 */
export function readEssentials(fields: FieldReader, headers: HeaderList): Result<Essentials, FieldFault> {
  const topVia = readVias(fields, headers);
  if (!topVia.ok) return topVia;
  const sender = required(fields, from, "from", parseNameAddr);
  if (!sender.ok) return sender;
  const recipient = required(fields, to, "to", parseNameAddr);
  if (!recipient.ok) return recipient;
  const sequence = required(fields, cseq, "cseq", parseCSeq);
  if (!sequence.ok) return sequence;
  const others = faultOfCallId(fields) ?? faultOfMaxForwards(fields) ?? faultOfContacts(fields, headers);
  if (others) return err(others);
  return ok({ via: topVia.value, from: sender.value, to: recipient.value, cseq: sequence.value });
}

function required<T>(
  fields: FieldReader,
  slot: number,
  header: Slotted,
  parse: (raw: string, codes: Uint8Array, start: number) => Result<T, Malformed>,
): Result<T, FieldFault> {
  if (fields.firstOf(slot) === undefined) return err({ rule: "required field", header, offset: 0 });
  const parsed = fields.parseFirst(slot, parse);
  return parsed.ok ? parsed : err({ ...parsed.error, header });
}

function readVias(fields: FieldReader, headers: HeaderList): Result<Via, FieldFault> {
  const first = fields.firstOf(via);
  if (first === undefined) return err({ rule: "required field", header: "via", offset: 0 });
  if (first.includes(",")) return readJoinedVias(headers);
  const fault = fields.faultOfOthers(via, faultOfVias);
  return fault ? err({ ...fault, header: "via" }) : required(fields, via, "via", parseVia);
}

/** What is wrong with a field of one or more Via values. */
function faultOfVias(raw: string, codes: Uint8Array, start: number): Malformed | undefined {
  const fault = faultOfVia(raw, codes, start);
  const values = fault ? splitList(raw) : [];
  if (values.length < 2) return fault;
  const parsed = parseEachVia(values);
  return parsed.ok ? undefined : parsed.error;
}

function readJoinedVias(headers: HeaderList): Result<Via, FieldFault> {
  const parsed = parseEachVia(headers.values("via"));
  return parsed.ok ? parsed : err({ ...parsed.error, header: "via" });
}

/** The first of them, if all are well-formed. */
function parseEachVia(values: readonly string[]): Result<Via, Malformed> {
  const top = parseVia(values[0] ?? "");
  for (const value of top.ok ? values.slice(1) : []) {
    const parsed = parseVia(value);
    if (!parsed.ok) return parsed;
  }
  return top;
}

/** @spec rfc3261#20.8 */
function faultOfCallId(fields: FieldReader): FieldFault | undefined {
  if (fields.firstOf(callId) === undefined) return { rule: "required field", header: "call-id", offset: 0 };
  const offset = fields.parseFirst(callId, offsetOfNoWord);
  return offset < 0 ? undefined : { rule: "word", header: "call-id", offset };
}

/** A number above 255 is not a fault: it reads as if the field were absent. @spec rfc4475#3.1.2.4 */
function faultOfMaxForwards(fields: FieldReader): FieldFault | undefined {
  if (fields.firstOf(maxForwards) === undefined) return undefined;
  const offset = fields.parseFirst(maxForwards, offsetOfNoDigit);
  return offset < 0 ? undefined : { rule: "1*DIGIT", header: "max-forwards", offset };
}

const offsetOfNoWord = offsetOfOther(callIdChar);
const offsetOfNoDigit = offsetOfOther(digit);

/** Finds where a value that is to be of this class, and not empty, is not; -1 where it is. */
function offsetOfOther(charClass: number): (raw: string, codes: Uint8Array, start: number) => number {
  return ({ length }, codes, start) => {
    const offset = skipIn(codes, start, start + length, charClass) - start;
    return offset === length && length > 0 ? -1 : offset;
  };
}

/** @spec rfc3261#20.10 @spec rfc4475#3.1.2.13 */
function faultOfContacts(fields: FieldReader, headers: HeaderList): FieldFault | undefined {
  if (fields.firstOf(contact) === undefined) return undefined;
  for (const value of headers.all("contact")) {
    const parsed = parseContactList(value);
    if (!parsed.ok) return { ...parsed.error, header: "contact" };
  }
  return undefined;
}
