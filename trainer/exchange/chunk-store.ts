/**
 * What the exchange needs of one step's payload memory. It moves bytes and knows no tensors: what a payload means,
 * and how contributions are summed, is behind this interface (the worker implements it over shared memory).
 *
 * Every view stays valid, at the same place, until the barrier of the next step has passed or `openStep` asks for the next
 * step's store; the exchange reads
 * `pushPayload` and `pullPayload` whenever the peer's stream has room, which may be after `staged` resolved here
 * and is always before that barrier.
 */
export interface ChunkStore {
  readonly chunkCount: number;
  /** float32 size of the values of chunk c, without padding. */
  rawBytes(c: number): number;
  /** Where chunk c starts in the flat vector, in values. Both ends must agree. */
  flatOffset(c: number): number;
  /** Codec id of contributions to chunk c in this step, 0..255. Both ends must agree. */
  pushCodec(c: number): number;
  /** Codec id of the sum of chunk c in this step, 0..255. */
  pullCodec(c: number): number;
  /** This member's contribution to chunk c, as long as it was encoded; read only after `chunkEncoded(c)`. */
  pushPayload(c: number): Uint8Array;
  /**
   * Where the contribution of member `memberIndex` (index in the membership, not rank) to a chunk owned by this
   * member goes, which is `bytes` long; the store keeps that length. `undefined` when no contribution to this chunk can be
   * so long. Not asked for this member itself: its own contribution is `pushPayload(c)`.
   */
  contributionPlace(c: number, memberIndex: number, bytes: number): Uint8Array | undefined;
  /** The same for the sum of a chunk that another member owns; the view is `pullPayload(c)` from then on. */
  sumPlace(c: number, bytes: number): Uint8Array | undefined;
  /**
   * What is wrong with a received payload that lies at its place, or `undefined`; a payload with a fault is refused and
   * its sender named. Without this method every payload of a possible length is taken.
   */
  faultOfContribution?(c: number, memberIndex: number): string | undefined;
  faultOfSum?(c: number): string | undefined;
  /** The sum of chunk c lies at its place and is checked. */
  sumStaged?(c: number): void;
  /** All contributions to an owned chunk are in: sums them in member order into `pullPayload(c)`. Synchronous. */
  reduce(c: number): void;
  /** The encoded sum: written by `reduce` for owned chunks, by the exchange for received ones. */
  pullPayload(c: number): Uint8Array;
  /** Checksum of a payload that this store gave or has a place for; see ternary/payload-digest.ts. */
  digest(payload: Uint8Array): number;
}
