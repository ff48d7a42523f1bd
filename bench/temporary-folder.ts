import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cleanedUp } from './interrupted.ts';

/** Does `work` in a folder of its own, and removes it however that ends. */
export async function withTemporaryFolder<Result>(
  work: (folder: string) => Promise<Result>,
  parent: string = tmpdir(),
): Promise<Result> {
  const folder = await mkdtemp(join(parent, 'terngrad-bench-'));
  return cleanedUp(
    () => rmSync(folder, { recursive: true, force: true }),
    () => work(folder),
  );
}
