import { constants } from 'node:os';

const cleanUps = new Set<() => void>();

/** Does `cleanUp` should somebody end this process by Ctrl-C or SIGTERM meanwhile, and no `finally` run. */
export async function cleanedUp<Result>(cleanUp: () => void, work: () => Promise<Result>): Promise<Result> {
  if (cleanUps.size === 0) for (const signal of SIGNALS) process.on(signal, end);
  cleanUps.add(cleanUp);
  try {
    return await work();
  } finally {
    cleanUps.delete(cleanUp);
    if (cleanUps.size === 0) for (const signal of SIGNALS) process.off(signal, end);
    cleanUp();
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

function end(signal: (typeof SIGNALS)[number]): never {
  for (const cleanUp of [...cleanUps].toReversed()) cleanUp();
  process.exit(128 + constants.signals[signal]);
}
