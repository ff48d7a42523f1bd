/** The network between workers. Every worker has a link of this rate, in both directions at once. */
export interface Link {
  readonly bitsPerSecond: number;
  /** From one worker to another and back. */
  readonly roundTripMs: number;
}

/** A rate or a time that cannot be read. The message says what would be right. */
export class LinkFormatError extends Error {
  readonly code = 'LINK_FORMAT';
  override readonly name = 'LinkFormatError';
}

const RATE_UNITS: Readonly<Record<string, number>> = { bit: 1, kbit: 1e3, mbit: 1e6, gbit: 1e9, tbit: 1e12 };
const TIME_UNITS: Readonly<Record<string, number>> = { us: 1e-3, ms: 1, s: 1e3 };

/**
 * A rate as `tc` takes it: `100mbit`, `2.5gbit`. @returns bits per second.
 * @throws LinkFormatError
 */
export function parseRate(text: string): number {
  const value = parse(text, RATE_UNITS);
  if (value === undefined) throw new LinkFormatError(`"${text}" is no rate such as 100mbit, 1gbit or 25gbit`);
  return value;
}

/**
 * A time as `tc` takes it: `200us`, `1ms`. @returns milliseconds.
 * @throws LinkFormatError
 */
export function parseTime(text: string): number {
  const value = parse(text, TIME_UNITS);
  if (value === undefined) throw new LinkFormatError(`"${text}" is no time such as 200us, 1ms or 0.1s`);
  return value;
}

/** `1 Gbit/s`; three digits are enough to read. */
export function rateText(bitsPerSecond: number): string {
  const [unit, size] = bitsPerSecond < 1e9 ? (['Mbit/s', 1e6] as const) : (['Gbit/s', 1e9] as const);
  return `${Number((bitsPerSecond / size).toPrecision(3))} ${unit}`;
}

function parse(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)([a-z]+)$/.exec(text.toLowerCase()) ?? [];
  const size = Object.hasOwn(units, unit) ? units[unit] : undefined;
  const value = Number(number) * (size ?? Number.NaN);
  return value > 0 && Number.isFinite(value) ? value : undefined;
}
