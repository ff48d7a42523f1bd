import { crc32 } from 'node:zlib';

/**
 * CRC-32 (that of zlib and PNG) of each of several tensors that lie one after another, from bytes that come in pieces
 * of any size.
 */
export class TensorChecksums {
  readonly #ends: readonly number[];
  readonly #values: number[];
  #tensor = 0;
  #position = 0;

  /** @param lengths bytes of each tensor, in order. */
  constructor(lengths: readonly number[]) {
    let end = 0;
    this.#ends = lengths.map((length) => (end += length));
    this.#values = lengths.map(() => 0);
  }

  /** The bytes that follow those of the call before. */
  add(bytes: Uint8Array): void {
    let from = 0;
    while (from < bytes.byteLength) {
      const end = this.#ends[this.#tensor];
      if (end === undefined) throw new RangeError(`more bytes than the ${this.#position} of all tensors`);
      const to = Math.min(bytes.byteLength, from + end - this.#position);
      this.#values[this.#tensor] = crc32(bytes.subarray(from, to), this.#values[this.#tensor]);
      this.#position += to - from;
      from = to;
      if (this.#position === end) this.#tensor += 1;
    }
  }

  /** By tensor; final once all bytes were added. */
  get values(): readonly number[] {
    return this.#values;
  }
}
