import { type Media, parseMsrpDescription } from "@heliograph/sdp";

/**
 * Whether a description says something else about the messages than the one before: another section is open, another
 * direction, other types, another size. Both are the relay's, so that where media go is the same.
 *
 * @spec PF-07
 */
export function isNews(before: Uint8Array, now: Uint8Array): boolean {
  return whatItSays(before) !== whatItSays(now);
}

function whatItSays(description: Uint8Array): string {
  const read = parseMsrpDescription(description);
  return JSON.stringify(read.ok ? read.value.media.map(termsOf) : []);
}

function termsOf(media: Media): unknown {
  if (media.kind !== "msrp") return "closed";
  const { direction, maxSize, acceptTypes, acceptWrappedTypes } = media;
  return [direction, maxSize, acceptTypes, acceptWrappedTypes];
}
