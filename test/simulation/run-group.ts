import { describeSchedule } from './schedule.ts';
import type { Group } from './schedules.ts';
import { simulate, undisturbedHash } from './simulation.ts';

export interface GroupRun {
  readonly count: number;
  /** Of each schedule that went wrong: its name, what was wrong, and what had happened. */
  readonly wrong: readonly string[];
}

const TOLD_LINES = 60;

/** Simulates the schedules of a group whose names match, one after the other. */
export async function runGroup({ schedules }: Group, seed: number, only: RegExp): Promise<GroupRun> {
  const wrong: string[] = [];
  let count = 0;
  for (const schedule of schedules) {
    const name = describeSchedule(schedule);
    if (!only.test(name)) continue;
    count += 1;
    const { violations, finalHash, struck, trace } = await simulate(schedule, seed);
    const faults = [...violations];
    if (struck < schedule.faults.length) faults.push('a fault never struck');
    const isFixed = schedule.elastic === undefined;
    if (isFixed && finalHash !== (await undisturbedHash(schedule))) {
      faults.push(`it ended with state ${finalHash}`);
    }
    if (faults.length > 0) wrong.push([name, ...faults, ...trace.slice(-TOLD_LINES)].join('\n  '));
  }
  return { count, wrong };
}
