import { median } from '../../trainer/step/figures.ts';

/** Enough for a median that one neighbour's pause does not move. */
const LEAST_ROUNDS = 5;
const WARM_UP_ROUNDS = 2;
const LONGEST_MS = 60;

/** Median processor time of this process for one call of `work`, milliseconds: it does not count while others have the core. */
export function processorMs(work: () => void): number {
  for (let round = 0; round < WARM_UP_ROUNDS; round += 1) work();
  const times: number[] = [];
  const endMs = performance.now() + LONGEST_MS;
  // Short calls are timed several at a time: the clock of the processor ticks in microseconds.
  const perRound = callsPerMillisecond(work);
  while (times.length < LEAST_ROUNDS || performance.now() < endMs) {
    const before = process.cpuUsage();
    for (let call = 0; call < perRound; call += 1) work();
    times.push(spentMs(before) / perRound);
  }
  return median(times);
}

export function spentMs(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
}

function callsPerMillisecond(work: () => void): number {
  const before = process.cpuUsage();
  work();
  return Math.max(1, Math.ceil(1 / Math.max(spentMs(before), 0.01)));
}
