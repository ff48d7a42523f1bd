import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { checkpointsAmong } from '../../trainer/checkpoint/file-name.ts';
import { DamagedFileError, NewerFormatError } from '../../trainer/safetensors/errors.ts';
import { explainFileError } from '../../trainer/safetensors/file-error.ts';
import { nodeFiles } from '../../trainer/safetensors/node-files.ts';
import { readSealedData, readSealedHeader } from '../../trainer/safetensors/read-sealed.ts';
import type { SealedHeader } from '../../trainer/safetensors/sealed-header.ts';
import { UserError } from '../user-error.ts';

/** What `terngrad inspect` finds out about one file, with every byte read. */
export interface Inspection {
  readonly file: string;
  /** Why it cannot be used; absent when it is whole. */
  readonly problem?: string;
  /** Absent when the header cannot be used. */
  readonly contents?: InspectedContents;
}

export interface InspectedContents {
  /** `terngrad-checkpoint` or `terngrad-weights`. */
  readonly format: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly headerBytes: number;
  readonly dataBytes: number;
  readonly tensors: readonly InspectedTensor[];
}

export interface InspectedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly bytes: number;
  /** The bytes are those that were written. */
  readonly whole: boolean;
}

/**
 * One file, or all checkpoints of a directory, newest first.
 * @throws UserError when there is nothing to read.
 */
export async function inspect(path: string): Promise<Inspection | readonly Inspection[]> {
  let names: readonly string[] | undefined;
  try {
    names = (await stat(path)).isDirectory() ? await readdir(path) : undefined;
  } catch (cause) {
    throw new UserError(`cannot inspect ${path}: ${explainFileError(cause)}`, { cause });
  }
  if (names === undefined) return inspectFile(path);
  const checkpoints = checkpointsAmong(names);
  if (checkpoints.length === 0) {
    throw new UserError(
      `${path} holds no checkpoints (step-....safetensors); name a file, or checkpoint.directory`,
    );
  }
  const inspections: Inspection[] = [];
  for (const { name } of checkpoints) inspections.push(await inspectFile(join(path, name)));
  return inspections;
}

async function inspectFile(file: string): Promise<Inspection> {
  try {
    const handle = await nodeFiles.openToRead(file);
    try {
      const header = await readSealedHeader(handle, file);
      const damaged = await readSealedData(handle, header);
      const problem = damaged.length === 0 ? undefined : `wrong checksum of ${damaged.join(', ')}`;
      const contents = contentsOf(header, new Set(damaged));
      return { file, contents, ...(problem !== undefined && { problem }) };
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof DamagedFileError) return { file, problem: error.reason };
    if (error instanceof NewerFormatError) return { file, problem: error.message };
    throw new UserError(`cannot inspect ${file}: ${explainFileError(error)}`, { cause: error });
  }
}

function contentsOf(header: SealedHeader, damaged: ReadonlySet<string>): InspectedContents {
  return {
    format: header.format,
    metadata: Object.fromEntries(header.metadata),
    headerBytes: header.headerBytes,
    dataBytes: header.dataBytes,
    tensors: header.tensors.map(({ name, shape, bytes }) => ({
      name,
      shape,
      bytes,
      whole: !damaged.has(name),
    })),
  };
}
