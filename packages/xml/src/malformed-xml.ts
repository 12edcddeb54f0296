/** Why a document was not read, and where: an offset in UTF-16 units of the decoded text. */
export interface MalformedXml {
  readonly rule: "utf-8" | "size" | "doctype" | "well-formed" | "depth" | "elements" | "attributes";
  readonly offset: number;
}
