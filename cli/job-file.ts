import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { ResolvedJob } from '../crds/job.ts';
import { parseRunnableJob } from '../crds/parse.ts';
import { systemErrorCode } from '../operator/local/system-error.ts';
import type { Overrides } from './overrides.ts';
import { withOverrides } from './overrides.ts';
import { UserError } from './user-error.ts';

export interface JobFile {
  /** As the user named it. */
  readonly name: string;
  readonly job: ResolvedJob;
  /** Where the file lies: what `program.path` and `data.path` are relative to. */
  readonly baseDirectory: string;
}

/**
 * Reads a job file that can be run as it is, with the command line's changes.
 * @throws UserError when there is no such file; InvalidJobError with every problem and its line.
 */
export async function readJobFile(name: string, overrides: Overrides = {}): Promise<JobFile> {
  const text = withOverrides(await readText(name), overrides);
  return { name, job: parseRunnableJob(text, name), baseDirectory: dirname(resolve(name)) };
}

async function readText(name: string): Promise<string> {
  try {
    return await readFile(name, 'utf8');
  } catch (cause) {
    const why = reasons.get(systemErrorCode(cause) ?? '');
    throw new UserError(`cannot read the job file ${name}: ${why ?? String(cause)}; give its path with -f`, {
      cause,
    });
  }
}

const reasons: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'there is no such file'],
  ['EACCES', 'you may not read it'],
  ['EISDIR', 'it is a directory'],
]);
