import { setTimeout as pause } from 'node:timers/promises';
import { merged } from './merged-events.ts';
import type { LineFilter } from './passage.ts';

const LOOK_EVERY_MS = 20;

/** Lines wait in order while it is too early; those that wait together may be merged by object. */
export function holding(untilMs: () => number, merge: boolean, onHeld: () => void): LineFilter {
  return async (lines, output) => {
    let waiting: string[] = [];
    let releasing: Promise<void> | undefined;
    const release = async (): Promise<void> => {
      while (performance.now() < untilMs()) await pause(LOOK_EVERY_MS);
      for (const line of merge ? merged(waiting) : waiting) output.line(line);
      waiting = [];
      releasing = undefined;
    };
    for await (const line of lines) {
      if (releasing === undefined && performance.now() >= untilMs()) {
        output.line(line);
        continue;
      }
      onHeld();
      waiting.push(line);
      releasing ??= release();
    }
    await releasing;
  };
}
