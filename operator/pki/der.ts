/** The few forms of ASN.1's distinguished encoding (X.690) that a leaf certificate is made of. */
export const DerTag = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  boolean: 0x01,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Tag, length and contents. */
export function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const length = contents.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([Buffer.from([tag, ...lengthOf(length)]), ...contents]);
}

export function sequence(...contents: readonly Uint8Array[]): Buffer {
  return der(DerTag.sequence, ...contents);
}

/** Context-specific, constructed: `[n] EXPLICIT`. */
export function explicit(n: number, contents: Uint8Array): Buffer {
  return der(0xa0 | n, contents);
}

/** Context-specific, primitive: `[n] IMPLICIT` over bytes. */
export function implicit(n: number, contents: Uint8Array): Buffer {
  return der(0x80 | n, contents);
}

/** A positive integer, big endian; its first byte must be 0x01..0x7f. */
export function integer(bytes: Uint8Array): Buffer {
  return der(DerTag.integer, bytes);
}

/** Whole bytes, or the top bits of them when `unusedBits` of the last one do not count. */
export function bitString(bytes: Uint8Array, unusedBits = 0): Buffer {
  return der(DerTag.bitString, Buffer.from([unusedBits]), bytes);
}

/** From its dotted form, such as `2.5.29.17`. */
export function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return der(DerTag.objectIdentifier, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

/** UTCTime up to 2049, GeneralizedTime from 2050 on, as RFC 5280 asks; whole seconds. */
export function time(date: Date): Buffer {
  const digits = date.toISOString().replaceAll(/[-:T]|\.\d{3}/g, '');
  return date.getUTCFullYear() < 2050
    ? der(DerTag.utcTime, Buffer.from(digits.slice(2)))
    : der(DerTag.generalizedTime, Buffer.from(digits));
}

/** What a constructed element holds, each with its tag and length. Lengths are trusted: for our own certificates. */
export function elementsOf(constructed: Uint8Array): readonly Uint8Array[] {
  const elements: Uint8Array[] = [];
  let at = headerOf(constructed, 0).contentsAt;
  while (at < constructed.length) {
    const { contentsAt, length } = headerOf(constructed, at);
    elements.push(constructed.subarray(at, contentsAt + length));
    at = contentsAt + length;
  }
  return elements;
}

function headerOf(bytes: Uint8Array, at: number): { readonly contentsAt: number; readonly length: number } {
  const first = bytes[at + 1] ?? 0;
  if (first < 0x80) return { contentsAt: at + 2, length: first };
  const lengthBytes = first & 0x7f;
  const length = bytes.subarray(at + 2, at + 2 + lengthBytes).reduce((sum, byte) => sum * 256 + byte, 0);
  return { contentsAt: at + 2 + lengthBytes, length };
}

function lengthOf(length: number): readonly number[] {
  if (length < 0x80) return [length];
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return [0x80 | bytes.length, ...bytes];
}

function base128(value: number): readonly number[] {
  const digits = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) {
    digits.unshift(0x80 | (rest % 128));
  }
  return digits;
}
