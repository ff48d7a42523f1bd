import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cifarnet } from './cifarnet.ts';
import { ProgramError } from './errors.ts';
import { importModule } from './import-module.ts';
import { lenet } from './lenet.ts';
import { logistic } from './logistic.ts';
import { mlp } from './mlp.ts';
import type { Program } from './program.ts';

const builtIns: Readonly<Record<string, Program>> = { lenet, mlp, cifarnet, logistic };

const EXPECTED =
  'expected an ES module whose default export, or export named `program`, is an object with the functions ' +
  'createModel(context) and loadData(context), or a function that returns one';

/** `program` of the job: exactly one of the two is set. */
export interface ProgramReference {
  readonly name?: string | undefined;
  /** Relative to `baseDirectory`. */
  readonly path?: string | undefined;
}

/**
 * Finds a built-in program by name, or imports the user's module.
 * @throws ProgramError naming the file, what is wrong with it and what is expected (exit code 64).
 */
export async function loadProgram(reference: ProgramReference, baseDirectory: string): Promise<Program> {
  if (reference.path !== undefined) return await importProgram(resolve(baseDirectory, reference.path));
  const program = reference.name === undefined ? undefined : builtIns[reference.name];
  if (program === undefined) {
    throw new ProgramError(
      `program.name: "${reference.name}" is not a built-in program; use one of ` +
        `${Object.keys(builtIns).join(', ')}, or program.path for your own module`,
    );
  }
  return program;
}

async function importProgram(file: string): Promise<Program> {
  const isFile = await stat(file).then(
    (found) => found.isFile(),
    () => false,
  );
  if (!isFile) {
    throw new ProgramError(
      `program.path: ${file} is not a file; give the path of a module relative to the job file`,
    );
  }
  let exports: Record<string, unknown>;
  try {
    exports = await importModule(pathToFileURL(file).href);
  } catch (cause) {
    throw new ProgramError(`program.path: ${file} cannot be imported: ${describe(cause)}; ${EXPECTED}`, {
      cause,
    });
  }
  const exported = 'default' in exports ? exports['default'] : exports['program'];
  return checked(file, typeof exported === 'function' ? await called(file, exported) : exported);
}

async function called(file: string, factory: Function): Promise<unknown> {
  try {
    return (await factory()) as unknown;
  } catch (cause) {
    throw new ProgramError(`program.path: the function exported by ${file} threw: ${describe(cause)}`, {
      cause,
    });
  }
}

function checked(file: string, exported: unknown): Program {
  const fault = faultOf(exported);
  if (fault !== undefined) throw new ProgramError(`program.path: ${file} ${fault}; ${EXPECTED}`);
  const program = exported as Program;
  // Keeps `this`: a program may be an instance of a class.
  return typeof program.name === 'string' ? program : Object.assign(program, { name: file });
}

function faultOf(exported: unknown): string | undefined {
  if (exported === undefined) return 'exports neither `default` nor `program`';
  if (typeof exported !== 'object' || exported === null) return `exports ${describeKind(exported)}`;
  for (const name of ['createModel', 'loadData']) {
    const value = (exported as Record<string, unknown>)[name];
    if (typeof value !== 'function') return `has no function ${name} (it is ${describeKind(value)})`;
  }
  for (const name of ['loss', 'correct']) {
    const value = (exported as Record<string, unknown>)[name];
    if (value !== undefined && typeof value !== 'function')
      return `has a ${name} that is ${describeKind(value)}`;
  }
  return undefined;
}

function describeKind(value: unknown): string {
  if (value === null) return 'null';
  return value === undefined ? 'undefined' : `a ${typeof value}`;
}

function describe(cause: unknown): string {
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}
