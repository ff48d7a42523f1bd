/** What is sent for a chunk, headers of the frames included. */
export interface ChunkBytes {
  readonly push: number;
  readonly pull: number;
}

/** What the busiest member moves in one step. */
export interface Traffic {
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** gRPC messages, sent and received together. */
  readonly messages: number;
  /** Share of the vector that it sums; 1 / members where chunks can be shared out evenly. */
  readonly summedShare: number;
  /** Members that sum something. */
  readonly owners: number;
}

/** Frames to one peer that are ready at about the same time travel together; see trainer/step/chunk-encoder.ts. */
const MESSAGE_BYTES = 64 * 1024;

/**
 * Chunk c is summed by member c mod N: everyone else pushes its contribution there, and gets the sum back. A model in fewer
 * chunks than there are members leaves some with nothing to sum, and the others with all of it.
 */
export function busiestTraffic(chunks: readonly ChunkBytes[], members: number): Traffic {
  const others = members - 1;
  const whole = totals(chunks);
  const owned = Array.from({ length: Math.min(members, chunks.length) }, (_, owner) =>
    totals(chunks.filter((_chunk, index) => index % members === owner)),
  );
  const loads = owned.map(({ push, pull, count }) => ({
    sentBytes: whole.push - push + others * pull,
    receivedBytes: others * push + whole.pull - pull,
    summedShare: whole.push === 0 ? 0 : push / whole.push,
    messages: members === 1 ? 0 : 2 * (others * (messagesOf(push, count) + messagesOf(pull, count))),
  }));
  const busiest = loads.reduce(
    (most, load) =>
      Math.max(load.sentBytes, load.receivedBytes) > Math.max(most.sentBytes, most.receivedBytes)
        ? load
        : most,
    { sentBytes: 0, receivedBytes: 0, summedShare: 1, messages: 0 },
  );
  return { ...busiest, owners: owned.length };
}

interface Totals extends ChunkBytes {
  readonly count: number;
}

function totals(chunks: readonly ChunkBytes[]): Totals {
  return {
    push: chunks.reduce((sum, { push }) => sum + push, 0),
    pull: chunks.reduce((sum, { pull }) => sum + pull, 0),
    count: chunks.length,
  };
}

function messagesOf(bytes: number, chunks: number): number {
  return chunks === 0 ? 0 : Math.min(chunks, Math.max(1, Math.ceil(bytes / MESSAGE_BYTES)));
}
