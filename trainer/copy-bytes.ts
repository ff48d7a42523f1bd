/**
 * Copies `source` over `target`, which is as long. Either may lie in shared memory, at any address.
 *
 * `target.set(source)` would do the same, but where one side is shared memory V8 copies word by word, and byte by byte
 * when the two are not equally aligned, many times slower than `Buffer.fill`, which is a memcpy.
 */
export function copyBytes(target: Uint8Array, source: Uint8Array): void {
  if (target.length !== source.length) {
    throw new RangeError(`${source.length} bytes do not fill a place of ${target.length}`);
  }
  // Nothing to repeat is an error to `fill`.
  if (source.length > 0) Buffer.prototype.fill.call(target, source);
}

/** In private memory, from which further copies are fast. */
export function privateCopy(source: Uint8Array): Buffer {
  const copy = Buffer.allocUnsafe(source.length);
  copyBytes(copy, source);
  return copy;
}

/** Copies `source` to `target` from its value `begin` on; as `copyBytes` does, and for the same reason. */
export function copyFloats(target: Float32Array, begin: number, source: Float32Array): void {
  const { BYTES_PER_ELEMENT } = Float32Array;
  const at = target.byteOffset + begin * BYTES_PER_ELEMENT;
  copyBytes(
    new Uint8Array(target.buffer, at, source.byteLength),
    new Uint8Array(source.buffer, source.byteOffset, source.byteLength),
  );
}
