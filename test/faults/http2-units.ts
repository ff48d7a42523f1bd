/** One HTTP/2 frame with its header, or the preface of a client. */
export interface Http2Unit {
  readonly bytes: Buffer;
  readonly isData: boolean;
}

/** What a client sends first (RFC 9113, section 3.4). */
export const CLIENT_PREFACE_BYTES = 24;
/** Length (3 bytes), type, flags, stream (4 bytes): section 4.1. */
export const FRAME_HEADER_BYTES = 9;
const TYPE_OFFSET = 3;
const DATA = 0;

/** Cuts one direction of a plaintext HTTP/2 connection into its frames. */
export class Http2Splitter {
  #rest: Buffer = Buffer.alloc(0);
  #prefaceBytes: number;

  constructor(prefaceBytes: number) {
    this.#prefaceBytes = prefaceBytes;
  }

  take(bytes: Buffer): readonly Http2Unit[] {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    const units: Http2Unit[] = [];
    for (let unit = this.#next(); unit !== undefined; unit = this.#next()) units.push(unit);
    return units;
  }

  #next(): Http2Unit | undefined {
    if (this.#prefaceBytes > 0) {
      const preface = this.#cut(this.#prefaceBytes);
      if (preface === undefined) return undefined;
      this.#prefaceBytes = 0;
      return { bytes: preface, isData: false };
    }
    if (this.#rest.length < FRAME_HEADER_BYTES) return undefined;
    const isData = this.#rest[TYPE_OFFSET] === DATA;
    const bytes = this.#cut(FRAME_HEADER_BYTES + this.#rest.readUIntBE(0, 3));
    return bytes && { bytes, isData };
  }

  #cut(length: number): Buffer | undefined {
    if (this.#rest.length < length) return undefined;
    const bytes = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return bytes;
  }
}
