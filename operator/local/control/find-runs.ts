import type { Stats } from 'node:fs';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { FOLDER_PREFIX, JOB_FILE } from '../job-folder.ts';

/** A local run of this user, or what one that was killed has left. */
export interface FoundRun {
  readonly folder: string;
  readonly namespace: string;
  readonly name: string;
  readonly isElastic: boolean;
}

/** All that is read of another run's file. */
const jobSchema = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string() }),
  spec: z.object({ workers: z.object({ elastic: z.unknown().optional() }) }),
});

/**
 * The folders of local runs below `parent`. Only those that belong to this user and that nobody else may enter: others
 * may write to the temporary directory too, and give a folder of theirs any name.
 */
export async function findRuns(parent = tmpdir()): Promise<readonly FoundRun[]> {
  const names = (await readdir(parent)).filter((name) => name.startsWith(FOLDER_PREFIX));
  const runs = await Promise.all(names.map((name) => runIn(join(parent, name))));
  return runs.filter((run) => run !== undefined).toSorted((a, b) => a.folder.localeCompare(b.folder));
}

/** `undefined` for a folder that is none of a run of ours. */
async function runIn(folder: string): Promise<FoundRun | undefined> {
  try {
    if (!isOurs(await lstat(folder))) return undefined;
    const { metadata, spec } = jobSchema.parse(JSON.parse(await readFile(join(folder, JOB_FILE), 'utf8')));
    const { name, namespace } = metadata;
    return { folder, namespace, name, isElastic: spec.workers.elastic !== undefined };
  } catch {
    // It went away meanwhile, is being made, or is something else.
    return undefined;
  }
}

function isOurs(stats: Stats): boolean {
  return stats.isDirectory() && stats.uid === process.getuid?.() && (stats.mode & 0o077) === 0;
}
