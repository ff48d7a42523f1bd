import { payloadDigest } from '../../ternary/payload-digest.ts';
import type { ChunkStore } from '../chunk-store.ts';

export interface PlainStoreSizes {
  readonly members: number;
  readonly chunks: number;
  /** float32 values per chunk. */
  readonly values: number;
  readonly pushBytes: number;
  readonly pullBytes: number;
}

/** Payload memory of given sizes, where summing is a copy: for tests and benchmarks of the transport alone. */
export function plainStore(sizes: PlainStoreSizes): ChunkStore {
  const { members, chunks, values, pushBytes, pullBytes } = sizes;
  const none = new Uint8Array(0);
  const push = Array.from({ length: chunks }, () => new Uint8Array(pushBytes));
  const pull = Array.from({ length: chunks }, () => new Uint8Array(pullBytes));
  const contributions = push.map(() => Array.from({ length: members }, () => new Uint8Array(pushBytes)));
  return {
    chunkCount: chunks,
    rawBytes: () => values * 4,
    flatOffset: (c) => c * values,
    pushCodec: () => 1,
    pullCodec: () => 2,
    pushPayload: (c) => push[c] ?? none,
    contributionPlace: (c, m, bytes) => (bytes === pushBytes ? contributions[c]?.[m] : undefined),
    sumPlace: (c, bytes) => (bytes === pullBytes ? pull[c] : undefined),
    reduce: (c) => pull[c]?.set((push[c] ?? none).subarray(0, pullBytes)),
    pullPayload: (c) => pull[c] ?? none,
    digest: payloadDigest,
  };
}
