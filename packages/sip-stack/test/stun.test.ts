import { afterEach, describe, expect, it } from "@jest/globals";
import { answerBinding } from "../src/stun-binding.js";
import { closeAll, givenStack, rawUdp } from "./given.js";

afterEach(closeAll);

const transactionId = Buffer.from("b7e7a701bc34d686fa87dfae", "hex");

function bindingRequest(attributes = Buffer.alloc(0), type = 0x0001): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(attributes.length, 2);
  head.writeUInt32BE(0x2112a442, 4);
  return Buffer.concat([head, transactionId, attributes]);
}

describe("RFC 5389 §15.2 XOR-MAPPED-ADDRESS", () => {
  it("is the IPv4 address and port of RFC 5769 §2.2, with their masks", () => {
    const answer = Buffer.from(answerBinding(bindingRequest(), "192.0.2.1", 32853) ?? []);
    expect(answer.toString("hex")).toBe(
      `0101000c2112a442${transactionId.toString("hex")}002000080001a147e112a643`,
    );
  });

  it("is the IPv6 address and port of RFC 5769 §2.3, with their masks", () => {
    const answer = Buffer.from(
      answerBinding(bindingRequest(), "2001:db8:1234:5678:11:2233:4455:6677", 32853) ?? [],
    );
    expect(answer.subarray(20).toString("hex")).toBe("002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9");
  });

  it("reads shortened and IPv4-mapped IPv6 addresses, and those with a zone", () => {
    const mapped = (address: string) =>
      Buffer.from(answerBinding(bindingRequest(), address, 1) ?? []).subarray(28);
    expect(mapped("::1").length).toBe(16);
    expect(mapped("fe80::1%lo")).toEqual(mapped("fe80:0:0:0:0:0:0:1"));
    expect(mapped("::ffff:1.2.3.4")).toEqual(mapped("::ffff:102:304"));
  });
});

describe("RFC 5389 §7.3 receiving a STUN message", () => {
  it("answers 420 with UNKNOWN-ATTRIBUTES to a comprehension-required attribute that it does not know", () => {
    const answer = Buffer.from(
      answerBinding(bindingRequest(Buffer.from("7f00000400000000", "hex")), "127.0.0.1", 1) ?? [],
    );
    expect(answer.readUInt16BE(0)).toBe(0x0111);
    expect(answer.subarray(20).toString("hex")).toBe("0009000400000414000a00027f007f00");
  });

  it("ignores comprehension-optional attributes", () => {
    const software = Buffer.from("80220004746573740000", "hex").subarray(0, 8);
    expect(answerBinding(bindingRequest(software), "127.0.0.1", 1)?.[1]).toBe(0x01);
  });

  for (const [what, datagram] of [
    ["a truncated header", bindingRequest().subarray(0, 12)],
    ["a wrong length", Buffer.concat([bindingRequest(), Buffer.alloc(4)])],
    ["a wrong cookie", Buffer.from(bindingRequest().toString("hex").replace("2112a442", "2112a443"), "hex")],
    ["an indication", bindingRequest(Buffer.alloc(0), 0x0011)],
    ["an attribute that is longer than the message", bindingRequest(Buffer.from("80220fff", "hex"))],
    ["nothing", Buffer.alloc(0)],
  ] as const) {
    it(`does not answer ${what}`, () => {
      expect(answerBinding(datagram, "127.0.0.1", 1)).toBeUndefined();
    });
  }
});

describe("RFC 5626 §8 STUN keep-alives on the SIP port", () => {
  it("GEN-28 MUST answer a binding request on a SIP UDP port", async () => {
    const { stack, port } = await givenStack();
    const client = await rawUdp();
    client.send(bindingRequest(), port());
    await client.next();
    const mappedPort = (client.bytes[0] ? Buffer.from(client.bytes[0]).readUInt16BE(26) : 0) ^ 0x2112;
    expect(mappedPort).toBe(client.port);
    expect(stack.snapshot.stunBindings).toBe(1);
  });

  it("drops and counts what starts like STUN and is not", async () => {
    const { stack, port } = await givenStack();
    const client = await rawUdp();
    client.send(Uint8Array.of(0, 1, 0, 0), port());
    client.send(bindingRequest(), port());
    await client.next();
    expect(stack.snapshot).toMatchObject({ malformedDropped: 1, stunBindings: 1, requestsReceived: 0 });
  });
});
