import { InvalidArgumentError } from 'commander';

const MAX_PORT = 65_535;

export function positiveInteger(text: string): number {
  const value = integer(text);
  if (value < 1) throw new InvalidArgumentError('It must be 1 or more.');
  return value;
}

export function portNumber(text: string): number {
  const value = integer(text);
  if (value < 1 || value > MAX_PORT) throw new InvalidArgumentError(`It must be in 1..${MAX_PORT}.`);
  return value;
}

/** 0 or more. */
export function wholeNumber(text: string): number {
  return integer(text);
}

function integer(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}
