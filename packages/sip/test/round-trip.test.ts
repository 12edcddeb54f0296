import { describe, expect, it } from "@jest/globals";
import {
  createRequest,
  type Field,
  formatMessage,
  formatMultipart,
  formatNameAddr,
  formatParams,
  formatUri,
  HeaderList,
  parseMessage,
  parseMultipart,
  parseNameAddr,
  parseParams,
  parseUri,
  parseVia,
  quoteString,
  StreamFramer,
  unquote,
  uriEquals,
} from "@heliograph/sip";
import * as fc from "fast-check";

fc.configureGlobal({ seed: 3261, numRuns: 100 });

const alphanumeric = "abcXYZ019";
const stringOf = (characters: string, minLength = 1, maxLength = 12) =>
  fc.string({ unit: fc.constantFrom(...characters.split("")), minLength, maxLength });

const token = stringOf(`${alphanumeric}-.!%*_+\`'~`);
const quotable = fc
  .string({ unit: "grapheme", maxLength: 20 })
  .filter((text) => !/[\0-\x1f\x7f\ud800-\udfff]/.test(text.normalize()));
const hostName = fc.oneof(
  fc.domain(),
  fc.ipV4(),
  fc.ipV6().map((address) => `[${address.toLowerCase()}]`),
);
const port = fc.option(fc.integer({ min: 0, max: 65_535 }), { nil: undefined });
const hostPort = fc
  .tuple(hostName, port)
  .map(([host, at]) => host.toLowerCase() + (at === undefined ? "" : `:${at}`));
const user = fc
  .array(
    fc.oneof(stringOf(`${alphanumeric}-_.!~*'()&=+$,;?/`, 1, 4), fc.constantFrom("%20", "%00", "%C3%A9")),
    {
      minLength: 1,
      maxLength: 4,
    },
  )
  .map((pieces) => pieces.join(""));
const uriParams = fc
  .array(fc.tuple(stringOf(`${alphanumeric}[]/:&+$-`), fc.option(stringOf(`${alphanumeric}[]/:&+$`))))
  .map((pairs) => pairs.map(([name, value]) => `;${name}${value === null ? "" : `=${value}`}`).join(""));
const uriHeaders = fc
  .array(fc.tuple(stringOf(alphanumeric), stringOf(`${alphanumeric}/?:+$`, 0)))
  .map((pairs) =>
    pairs.length === 0 ? "" : `?${pairs.map(([name, value]) => `${name}=${value}`).join("&")}`,
  );
const requestUri = fc
  .record({ scheme: fc.constantFrom("sip", "sips"), user: fc.option(user), hostPort, uriParams })
  .map((uri) => `${uri.scheme}:${uri.user === null ? "" : `${uri.user}@`}${uri.hostPort}${uri.uriParams}`);
const sipUri = fc.tuple(requestUri, uriHeaders).map(([uri, headers]) => uri + headers);
const telUri = fc
  .tuple(stringOf("0123456789-.()"), uriParams)
  .filter(([number]) => /\d/.test(number))
  .map(([number, params]) => `tel:+${number}${params}`);
const headerParams = fc.uniqueArray(fc.tuple(token, fc.option(fc.oneof(token, quotable.map(quoteString)))), {
  selector: ([name]) => name.toLowerCase(),
  maxLength: 5,
});
const nameAddr = fc.record({
  display: fc.option(quotable, { nil: undefined }),
  uri: fc.oneof(sipUri, telUri),
  params: headerParams,
});
const fieldText = fc
  .string({ unit: "grapheme", maxLength: 60 })
  .map((text) => text.replace(/[\0-\x1f\x7f\ud800-\udfff]/g, "").trim());
const bodies = fc.uint8Array({ maxLength: 200 });

const known = new Set(["via", "from", "to", "call-id", "cseq", "max-forwards", "content-length", "contact"]);
const extraField: fc.Arbitrary<Field> = fc
  .tuple(
    token.filter((name) => name.length > 1),
    fieldText,
  )
  .filter(([name]) => !known.has(name.toLowerCase()));

const request = fc
  .record({
    method: token,
    requestUri,
    from: nameAddr,
    to: nameAddr,
    extra: fc.array(extraField),
    body: bodies,
    cseq: fc.nat(),
  })
  .map(({ method, requestUri, from, to, extra, body, cseq }) => {
    const write = ({ display, uri, params }: typeof from) =>
      formatNameAddr({ display, uri }) +
      formatParams(params.map(([name, value]) => [name, value ?? undefined]));
    const headers: Field[] = [
      ["Via", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1"],
      ["From", write(from)],
      ["To", write(to)],
      ["Call-ID", "1@x"],
      ["CSeq", `${cseq} ${method}`],
      ...extra,
    ];
    return createRequest({ method, requestUri, headers, body });
  });

describe("RFC 3261 §7: parse of what format wrote", () => {
  it("gives the same message, datagram or stream", () => {
    fc.assert(
      fc.property(request, (written) => {
        const bytes = formatMessage(written);
        const read = parseMessage(bytes, { framing: "datagram" });
        if (!read.ok) throw new Error(`${read.error.rule} at ${read.error.offset}`);
        expect(read.value.headers.without("content-length").fields()).toEqual(written.headers.fields());
        expect(read.value).toMatchObject({ method: written.method, requestUri: written.requestUri });
        expect([...read.value.body]).toEqual([...written.body]);
        expect(Buffer.from(formatMessage(read.value))).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it("in a stream comes out whole, however it is cut", () => {
    fc.assert(
      fc.property(
        fc.array(request, { maxLength: 4 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 300 })),
        (messages, sizes) => {
          const sent = messages.map((message) => Buffer.from(formatMessage(message)));
          const stream = Buffer.concat(sent);
          const framer = new StreamFramer();
          const received: Buffer[] = [];
          for (let at = 0; at < stream.length; ) {
            const size = sizes.next().value ?? 1;
            for (const frame of framer.push(stream.subarray(at, at + size))) {
              if (frame.kind !== "message") throw new Error(frame.kind);
              received.push(Buffer.from(frame.bytes));
            }
            at += size;
          }
          expect(received).toEqual(sent);
        },
      ),
    );
  });
});

describe("RFC 3261 §19.1, §20.10, §25.1: parse of what format wrote", () => {
  it("gives the same URI, which equals itself", () => {
    fc.assert(
      fc.property(fc.oneof(sipUri, telUri), (text) => {
        const uri = parseUri(text);
        if (!uri.ok) throw new Error(`${text}: ${uri.error.rule} at ${uri.error.offset}`);
        expect(formatUri(uri.value).toLowerCase()).toBe(text.toLowerCase());
        expect(uriEquals(uri.value, uri.value)).toBe(true);
        const again = parseUri(formatUri(uri.value));
        expect(again.ok && uriEquals(uri.value, again.value)).toBe(true);
      }),
    );
  });

  it("gives the same name-addr and parameters", () => {
    fc.assert(
      fc.property(nameAddr, ({ display, uri, params }) => {
        const pairs = params.map(([name, value]) => [name, value ?? undefined] as const);
        const read = parseParams(formatParams(pairs));
        if (!read.ok) throw new Error(read.error.rule);
        expect([...read.value.entries()]).toEqual(
          pairs.map(([name, value]) => [name, value && unquote(value)]),
        );
        const text = formatNameAddr({ display, uri, params: read.value });
        const parsed = parseNameAddr(text);
        if (!parsed.ok) throw new Error(`${text}: ${parsed.error.rule} at ${parsed.error.offset}`);
        expect({ display: parsed.value.display, uri: parsed.value.uri }).toEqual({ display, uri });
        expect(parsed.value.params.toString()).toBe(read.value.toString());
      }),
    );
  });

  it("gives the same Via", () => {
    fc.assert(
      fc.property(token, hostPort, headerParams, (transport, sentBy, params) => {
        const text = `SIP/2.0/${transport} ${sentBy}${formatParams(params.map(([name, value]) => [name, value ?? undefined]))}`;
        const via = parseVia(text);
        if (!via.ok) throw new Error(`${text}: ${via.error.rule} at ${via.error.offset}`);
        expect(via.value.transport).toBe(transport.toUpperCase());
        expect(via.value.host + (via.value.port === undefined ? "" : `:${via.value.port}`)).toBe(sentBy);
      }),
    );
  });
});

describe("RFC 2046 §5.1: parse of what format wrote", () => {
  it("gives the same parts", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.array(extraField, { maxLength: 3 }), bodies), { minLength: 1, maxLength: 5 }),
        (drafts) => {
          const parts = drafts.map(([fields, body]) => ({ headers: HeaderList.of(fields), body }));
          const read = parseMultipart(
            formatMultipart(parts, "=-boundary-="),
            'multipart/mixed;boundary="=-boundary-="',
          );
          if (!read.ok) throw new Error(read.error.rule);
          expect(read.value.map((part) => [part.headers.fields(), [...part.body]])).toEqual(
            parts.map((part) => [part.headers.fields(), [...part.body]]),
          );
        },
      ),
    );
  });
});
