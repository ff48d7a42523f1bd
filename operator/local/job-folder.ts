import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ResolvedJob } from '../../crds/job.ts';

/**
 * The files of one local run, readable by this user alone:
 *
 *     terngrad-XXXXXX/           0700
 *       job.json                 the resolved job
 *       rank-0/ rank-1/ ...
 *         tls.crt tls.key ca.crt
 *         end-1.json             written by attempt 1 at its end
 */
export interface JobFolder {
  readonly path: string;
  readonly jobFile: string;
  rankDirectory(rank: number): string;
  terminationMessageFile(rank: number, attempt: number): string;
  /** Synchronous, because it also runs on the way out of the process. */
  remove(): void;
}

export async function createJobFolder(job: ResolvedJob, parent = tmpdir()): Promise<JobFolder> {
  const path = await mkdtemp(join(parent, 'terngrad-'));
  const folder: JobFolder = {
    path,
    jobFile: join(path, 'job.json'),
    rankDirectory: (rank) => join(path, `rank-${rank}`),
    terminationMessageFile: (rank, attempt) => join(path, `rank-${rank}`, `end-${attempt}.json`),
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
  try {
    await writeFile(folder.jobFile, `${JSON.stringify(job, undefined, 2)}\n`, { mode: 0o600 });
    for (let rank = 0; rank < job.spec.workers.replicas; rank += 1) {
      await mkdir(folder.rankDirectory(rank), { mode: 0o700 });
    }
    return folder;
  } catch (error) {
    folder.remove();
    throw error;
  }
}
