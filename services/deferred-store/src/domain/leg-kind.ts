/** What a leg of ours is for. */
export type LegKind = "upload" | "retrieval" | "push";
