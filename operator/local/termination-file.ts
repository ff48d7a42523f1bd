import { readFile } from 'node:fs/promises';
import type { TerminationMessage } from '../../crds/termination-message.ts';
import { terminationMessageSchema } from '../../crds/termination-message.ts';

/** What a worker left at its end; undefined when it left nothing, or nothing that can be read. */
export async function readTerminationMessage(file: string): Promise<TerminationMessage | undefined> {
  try {
    return terminationMessageSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    // A worker that was killed leaves no file, or half of one: its exit code speaks instead.
    return undefined;
  }
}
