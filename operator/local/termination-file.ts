import { readFile } from 'node:fs/promises';
import type { TerminationMessage } from '../../crds/termination-message.ts';
import { terminationMessageSchema } from '../../crds/termination-message.ts';

/** What a worker left at its end; undefined when it left nothing, or nothing that can be read. */
export async function readTerminationMessage(file: string): Promise<TerminationMessage | undefined> {
  try {
    return parseTerminationMessage(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    // A worker that was killed leaves no file, or half of one: its exit code speaks instead.
    return undefined;
  }
}

/**
 * A figure that cannot be read (JSON has no NaN, it becomes null) is left out with its field, so that it never takes
 * the cause of a failure or the other figures with it. Undefined when one of the required fields is wrong.
 */
export function parseTerminationMessage(value: unknown): TerminationMessage | undefined {
  const whole = terminationMessageSchema.safeParse(value);
  if (whole.success) return whole.data;
  if (typeof value !== 'object' || value === null) return undefined;
  const unreadable = new Set(whole.error.issues.map(({ path }) => path[0]));
  const rest = Object.fromEntries(Object.entries(value).filter(([field]) => !unreadable.has(field)));
  return terminationMessageSchema.safeParse(rest).data;
}
