import { isIPv4, isIPv6 } from "node:net";

const magicCookie = 0x2112a442;
const bindingRequest = 0x0001;
const bindingSuccess = 0x0101;
const bindingError = 0x0111;
const headerLength = 20;

/** Whether a datagram is STUN and not SIP: no SIP message starts with 0 or 1. @spec rfc5626#8 */
export function isStun(datagram: Uint8Array): boolean {
  return datagram.length > 0 && (datagram[0] ?? 0xff) < 2;
}

/**
 * The answer to a STUN binding request: where it came from, or 420 when it demands an attribute that this limited
 * server does not know. Undefined for what is no binding request, which gets no answer.
 *
 * @spec rfc5389#7.3 @spec rfc5389#15.2 @spec rfc5626#8 @spec GEN-28
 */
export function answerBinding(datagram: Uint8Array, address: string, port: number): Uint8Array | undefined {
  const request = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength);
  if (!isBindingRequest(request)) return undefined;
  const unknown = unknownAttributes(request);
  if (unknown === undefined) return undefined;
  if (unknown.length > 0) return errorResponse(request, unknown);
  const octets = addressOctets(address);
  if (!octets) return undefined;
  const response = startResponse(request, bindingSuccess, 8 + octets.length);
  const view = new DataView(response.buffer);
  view.setUint16(20, 0x0020);
  view.setUint16(22, 4 + octets.length);
  view.setUint16(24, octets.length === 4 ? 1 : 2);
  view.setUint16(26, port ^ (magicCookie >>> 16));
  // The cookie and the transaction id behind it are the mask, as they stand in the header from offset 4 on.
  for (const [at, octet] of octets.entries()) response[28 + at] = octet ^ (response[4 + at] ?? 0);
  return response;
}

function isBindingRequest(message: DataView): boolean {
  return (
    message.byteLength >= headerLength &&
    message.getUint16(0) === bindingRequest &&
    message.getUint16(2) === message.byteLength - headerLength &&
    message.getUint16(2) % 4 === 0 &&
    message.getUint32(4) === magicCookie
  );
}

/** The comprehension-required attributes (below 0x8000) that are not known here; undefined if there is no walking through. */
function unknownAttributes(message: DataView): number[] | undefined {
  const unknown: number[] = [];
  let at = headerLength;
  while (at + 4 <= message.byteLength) {
    const type = message.getUint16(at);
    const length = message.getUint16(at + 2);
    // USERNAME and MESSAGE-INTEGRITY are understood and not needed: this usage has no credentials.
    if (type < 0x8000 && type !== 0x0006 && type !== 0x0008) unknown.push(type);
    at += 4 + length + ((4 - (length % 4)) % 4);
  }
  return at === message.byteLength ? unknown : undefined;
}

function errorResponse(request: DataView, unknown: readonly number[]): Uint8Array {
  const padded = unknown.length + (unknown.length % 2);
  const response = startResponse(request, bindingError, 8 + 4 + padded * 2);
  const view = new DataView(response.buffer);
  view.setUint16(20, 0x0009);
  view.setUint16(22, 4);
  view.setUint16(26, 0x0414);
  view.setUint16(28, 0x000a);
  view.setUint16(30, unknown.length * 2);
  for (let at = 0; at < padded; at += 1) view.setUint16(32 + at * 2, unknown[at] ?? unknown[0] ?? 0);
  return response;
}

function startResponse(request: DataView, type: number, attributesLength: number): Uint8Array {
  const response = new Uint8Array(headerLength + attributesLength);
  const view = new DataView(response.buffer);
  view.setUint16(0, type);
  view.setUint16(2, attributesLength);
  response.set(new Uint8Array(request.buffer, request.byteOffset + 4, 16), 4);
  return response;
}

function addressOctets(address: string): number[] | undefined {
  if (isIPv4(address)) return address.split(".").map(Number);
  if (!isIPv6(address)) return undefined;
  const [head = "", tail] = withoutZone(address).split("::");
  const first = groups(head);
  const last = tail === undefined ? [] : groups(tail);
  const zeros = Array.from({ length: 16 - first.length - last.length }, () => 0);
  return [...first, ...zeros, ...last];
}

function groups(text: string): number[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    if (group.includes(".")) return group.split(".").map(Number);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}

function withoutZone(address: string): string {
  const zone = address.indexOf("%");
  return zone < 0 ? address : address.slice(0, zone);
}
