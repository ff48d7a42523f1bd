import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ResolvedJob } from '../crds/job.ts';
import { createDataSource } from '../trainer/data/datasets.ts';

/** What is wrong with the files that a job names; one text per problem. Reads the data, runs no program. */
export async function checkFiles({ spec }: ResolvedJob, baseDirectory: string): Promise<readonly string[]> {
  const checks = [checkProgram(spec.program.path, baseDirectory), checkData(spec, baseDirectory)];
  return (await Promise.all(checks)).filter((problem) => problem !== undefined);
}

async function checkProgram(path: string | undefined, baseDirectory: string): Promise<string | undefined> {
  if (path === undefined) return undefined;
  const file = resolve(baseDirectory, path);
  const found = await stat(file).catch(() => undefined);
  if (found?.isFile() === true) return undefined;
  const what = found === undefined ? 'there is no such file' : 'that is not a file';
  return `program.path is ${JSON.stringify(path)}: ${what} (${file}); the path is relative to the job file`;
}

async function checkData(spec: ResolvedJob['spec'], baseDirectory: string): Promise<string | undefined> {
  // Only the program knows its own data; made-up data need no file.
  if (spec.data.name === 'program' || spec.data.name === 'synthetic') return undefined;
  try {
    await createDataSource(spec.data, spec.training.seed, baseDirectory).open();
    return undefined;
  } catch (error) {
    return `data (${spec.data.name}): ${error instanceof Error ? error.message : String(error)}`;
  }
}
