import { payloadDigest } from '../../ternary/payload-digest.ts';
import type { ChunkStore } from '../chunk-store.ts';

/**
 * A ChunkStore over plain float32 chunks, for tests: contributions are the values, the sum is taken in member order,
 * so every member must end with the same bits. Deterministic in (seed, step, member).
 */
export class FloatStore implements ChunkStore {
  readonly chunkCount: number;
  readonly #values: readonly number[];
  readonly #offsets: number[] = [];
  readonly #members: number;
  readonly #selfIndex: number;
  readonly #own: Float32Array[];
  readonly #contributions: Float32Array[][];
  readonly #sums: Float32Array[];
  /** Times `reduce` was called, per chunk. */
  readonly reductions: number[];

  /** @param values number of values of each chunk. */
  constructor(values: readonly number[], members: number, selfIndex: number) {
    this.chunkCount = values.length;
    this.#values = values;
    this.#members = members;
    this.#selfIndex = selfIndex;
    let offset = 0;
    for (const count of values) {
      this.#offsets.push(offset);
      offset += count;
    }
    this.#own = values.map((count) => new Float32Array(count));
    this.#contributions = values.map((count) =>
      Array.from({ length: members }, () => new Float32Array(count)),
    );
    this.#sums = values.map((count) => new Float32Array(count));
    this.reductions = values.map(() => 0);
  }

  /** Writes this member's contribution to every chunk. */
  fill(step: number): void {
    this.#own.forEach((chunk, c) => chunk.set(contributionOf(step, this.#selfIndex, c, chunk.length)));
    this.reductions.fill(0);
  }

  /** The sums as they are now. */
  get sums(): readonly Float32Array[] {
    return this.#sums;
  }

  rawBytes(c: number): number {
    return (this.#values[c] ?? 0) * 4;
  }

  flatOffset(c: number): number {
    return this.#offsets[c] ?? 0;
  }

  pushCodec(): number {
    return 3;
  }

  pullCodec(): number {
    return 4;
  }

  pushPayload(c: number): Uint8Array {
    return bytesOf(this.#own[c]);
  }

  contributionPlace(c: number, memberIndex: number, bytes: number): Uint8Array | undefined {
    const place = bytesOf(this.#contributions[c]?.[memberIndex]);
    return place.length === bytes ? place : undefined;
  }

  /** What lies there. */
  contribution(c: number, memberIndex: number): Uint8Array {
    return bytesOf(this.#contributions[c]?.[memberIndex]);
  }

  sumPlace(c: number, bytes: number): Uint8Array | undefined {
    const place = this.pullPayload(c);
    return place.length === bytes ? place : undefined;
  }

  pullPayload(c: number): Uint8Array {
    return bytesOf(this.#sums[c]);
  }

  digest(payload: Uint8Array): number {
    return payloadDigest(payload);
  }

  reduce(c: number): void {
    const sum = this.#sums[c] ?? new Float32Array(0);
    this.reductions[c] = (this.reductions[c] ?? 0) + 1;
    sum.fill(0);
    for (let m = 0; m < this.#members; m++) {
      const part = m === this.#selfIndex ? this.#own[c] : this.#contributions[c]?.[m];
      for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + (part?.[i] ?? 0);
    }
  }
}

/** What member `m` contributes to chunk c in a step: values whose float32 sum depends on the order of summing. */
export function contributionOf(step: number, m: number, c: number, count: number): Float32Array {
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    // A cheap hash; its 32 bits, scaled by powers of ten that differ between members.
    const mixed = imul(step * 31 + m * 7919 + c * 104_729 + i * 17 + 1, 0x9e3779b1);
    values[i] = mixed * (SCALES[(i + m) % SCALES.length] ?? 1);
  }
  return values;
}

/** Looked up once: inside the test runner's sandbox every access to a global is slow. */
const { imul } = Math;
const SCALES = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8];

/** The sums that every member must hold after the step. */
export function expectedSums(step: number, members: number, values: readonly number[]): Float32Array[] {
  return values.map((count, c) => {
    const sum = new Float32Array(count);
    for (let m = 0; m < members; m++) {
      const part = contributionOf(step, m, c, count);
      for (let i = 0; i < count; i++) sum[i] = (sum[i] ?? 0) + (part[i] ?? 0);
    }
    return sum;
  });
}

function bytesOf(values: Float32Array | undefined): Uint8Array {
  return values === undefined
    ? new Uint8Array(0)
    : new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
