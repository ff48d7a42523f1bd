import { BASE3, bitsOf, byteRadix, densestRadix, packedBytes, TWO_BIT, type Radix } from './radix.ts';

/** A range of a digit's bits, packed by itself: the digit without its `shift` lowest bits and what planes before hold. */
export interface Plane {
  readonly shift: number;
  /** (digit >> shift) & mask is the field: of the first plane all that is left, of the others some bits. */
  readonly mask: number;
  readonly radix: Radix;
}

/**
 * How the digits of a chunk are packed: in one plane, or split in fields of bits whose planes follow each other. Few radices fill
 * a byte: a digit of 41 values takes a whole one, its quotient by 16 (three values) 1.6 bits and the rest 4.
 */
export interface DigitPacking {
  /** Digits are 0 .. radix - 1. */
  readonly radix: number;
  /** Highest bits first. */
  readonly planes: readonly Plane[];
  /** Of a digit in an unpacked row. */
  readonly rowBytes: 1 | 2;
}

/** Sums of so many codes 0..2 take up to 9 bits. */
export const MAX_SUM_MEMBERS = 255;
/** Sums of so many fit in a row of bytes. */
export const MAX_BYTE_SUM_MEMBERS = 127;

/** More members than integer sums are packed for. */
export class TooManyMembersError extends Error {
  readonly code = 'TOO_MANY_MEMBERS';
  readonly members: number;

  constructor(members: number) {
    super(
      `${members} workers cannot sum ternary codes: at most ${MAX_SUM_MEMBERS}. ` +
        `Use compression.scaler: local, or fewer workers`,
    );
    this.name = 'TooManyMembersError';
    this.members = members;
  }
}

export const BASE3_PACKING = inOnePlane(BASE3);
export const TWO_BIT_PACKING = inOnePlane(TWO_BIT);

/** Fields of bits fill bytes without a rest: as few of them as there are bits in a binary number. */
const FIELD_BITS = [8, 4, 2, 1] as const;
/** Each plane costs a pass, and a split digit a check by itself, so a split must save so much. */
const WORTH_SPLITTING = 0.95;

const sums = new Map<number, DigitPacking>();

/**
 * The packing of sums of `members` codes 0..2.
 *
 * | members | 1   | 2    | 3 | 4   | 5   | 8   | 16   | 20  | 32  | 64  | 127 | 128 | 255 |
 * | ------- | --- | ---- | - | --- | --- | --- | ---- | --- | --- | --- | --- | --- | --- |
 * | bits    | 1.6 | 2.67 | 3 | 3.2 | 3.6 | 4.2 | 5.33 | 5.6 | 6.2 | 7.2 | 8   | 8.2 | 9   |
 *
 * @throws TooManyMembersError
 */
export function sumPacking(members: number): DigitPacking {
  let packing = sums.get(members);
  if (packing === undefined) sums.set(members, (packing = planSums(members)));
  return packing;
}

/** Bits per digit. */
export function bitsPerDigit({ planes }: DigitPacking): number {
  return planes.reduce((bits, { radix }) => bits + bitsOf(radix), 0);
}

/** Bytes of `blocks` blocks of digits. */
export function digitBytes(blocks: number, { planes }: DigitPacking): number {
  return planes.reduce((bytes, { radix }) => bytes + packedBytes(blocks, radix), 0);
}

/** Packing of digits whose lowest `bits` bits are fields; `top` packs what is above. */
export function splitDigits(radix: number, bits: number, top: Radix): DigitPacking {
  const planes: Plane[] = [{ shift: bits, mask: 0xff, radix: top }];
  let shift = bits;
  for (const field of FIELD_BITS) {
    if ((bits & field) === 0) continue;
    shift -= field;
    planes.push({ shift, mask: 2 ** field - 1, radix: byteRadix(2 ** field) });
  }
  return { radix, planes, rowBytes: radix <= 0x100 ? 1 : 2 };
}

function planSums(members: number): DigitPacking {
  if (!Number.isInteger(members) || members > MAX_SUM_MEMBERS || members < 1) {
    throw new TooManyMembersError(members);
  }
  const radix = 2 * members + 1;
  const quotients = (bits: number): number => Math.ceil(radix / 2 ** bits);
  const split = [1, 2, 3, 4, 5, 6, 7, 8]
    .filter((bits) => quotients(bits) > 1 && quotients(bits) <= 0x100)
    .map((bits) => splitDigits(radix, bits, densestRadix(quotients(bits))))
    .reduce((least, one) => (bitsPerDigit(one) < bitsPerDigit(least) ? one : least));
  if (radix > 0x100) return split;
  const whole = inOnePlane(densestRadix(radix));
  return bitsPerDigit(split) <= WORTH_SPLITTING * bitsPerDigit(whole) ? split : whole;
}

/** Packing of whole digits. */
export function inOnePlane(radix: Radix): DigitPacking {
  return { radix: radix.radix, planes: [{ shift: 0, mask: 0xff, radix }], rowBytes: 1 };
}
