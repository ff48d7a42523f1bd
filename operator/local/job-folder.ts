import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mostRanks } from './job-size.ts';
import type { LocalJob } from './local-job.ts';

/**
 * The files of one local run, readable by this user alone:
 *
 *     terngrad-XXXXXX/           0700
 *       job.json                 the resolved job
 *       rank-0/ rank-1/ ...
 *         tls.crt tls.key ca.crt
 *         end-1.json             written by attempt 1 at its end
 *       control.sock             0600, of an elastic job: `terngrad scale` speaks to it
 */
export interface JobFolder {
  readonly path: string;
  readonly jobFile: string;
  rankDirectory(rank: number): string;
  terminationMessageFile(rank: number, attempt: number): string;
  /** The job has another size: whoever starts from now on reads it. */
  rewriteJob(job: LocalJob): Promise<void>;
  /** Synchronous, because it also runs on the way out of the process. */
  remove(): void;
}

export const FOLDER_PREFIX = 'terngrad-';
export const JOB_FILE = 'job.json';

export async function createJobFolder(job: LocalJob, parent = tmpdir()): Promise<JobFolder> {
  const path = await mkdtemp(join(parent, FOLDER_PREFIX));
  const folder: JobFolder = {
    path,
    jobFile: join(path, JOB_FILE),
    rankDirectory: (rank) => join(path, `rank-${rank}`),
    terminationMessageFile: (rank, attempt) => join(path, `rank-${rank}`, `end-${attempt}.json`),
    rewriteJob: async (changed) => {
      const aside = `${folder.jobFile}.new`;
      await writeFile(aside, jobText(changed), { mode: 0o600 });
      await rename(aside, folder.jobFile);
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
  try {
    await writeFile(folder.jobFile, jobText(job), { mode: 0o600 });
    for (let rank = 0; rank < mostRanks(job); rank += 1) {
      await mkdir(folder.rankDirectory(rank), { mode: 0o700 });
    }
    return folder;
  } catch (error) {
    folder.remove();
    throw error;
  }
}

function jobText(job: LocalJob): string {
  return `${JSON.stringify(job, undefined, 2)}\n`;
}
