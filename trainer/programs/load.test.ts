import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ProgramError } from './errors.ts';
import { lenet } from './lenet.ts';
import { loadProgram } from './load.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'program-'));
});
afterAll(() => rm(directory, { recursive: true }));

let count = 0;
/** A new name each time: modules are cached by their address. */
async function written(source: string): Promise<string> {
  const name = `program-${count++}.mjs`;
  await writeFile(join(directory, name), source);
  return name;
}

const body = '{ name: "mine", createModel() {}, loadData() {} }';

describe('loadProgram', () => {
  test('finds a built-in by name', async () => {
    expect(await loadProgram({ name: 'lenet' }, '/')).toBe(lenet);
  });

  test('names the built-ins when there is none of that name', async () => {
    await expect(loadProgram({ name: 'resnet' }, '/')).rejects.toThrow(
      'program.name: "resnet" is not a built-in program; use one of lenet, mlp, cifarnet, logistic',
    );
  });

  test.each([
    ['a default export', `export default ${body}`],
    ['an export named program', `export const program = ${body}`],
    ['a function', `export default () => (${body})`],
    ['an async function', `export const program = async () => (${body})`],
    [
      'an instance of a class',
      'class P { name = "mine"; createModel() {} loadData() {} } export default new P()',
    ],
  ])('imports a module with %s, relative to the base directory', async (_what, source) => {
    const program = await loadProgram({ path: await written(source) }, directory);
    expect(program.name).toBe('mine');
  });

  test('a program without a name is called by its file', async () => {
    const path = await written('export default { createModel() {}, loadData() {} }');
    expect((await loadProgram({ path }, directory)).name).toBe(join(directory, path));
  });

  test.each([
    ['exports nothing', 'export {}', 'exports neither `default` nor `program`'],
    ['exports a number', 'export default 7', 'exports a number'],
    ['exports null', 'export default null', 'exports null'],
    ['has no loadData', 'export default { createModel() {} }', 'has no function loadData (it is undefined)'],
    [
      'has a model instead of a function',
      'export default { createModel: {}, loadData() {} }',
      'has no function createModel (it is a object)',
    ],
    [
      'has a loss that is no function',
      `export default { ...${body}, loss: 'mse' }`,
      'has a loss that is a string',
    ],
    ['has a syntax error', 'export default {', 'cannot be imported: SyntaxError'],
    ['throws on import', 'throw new Error("no licence")', 'cannot be imported: Error: no licence'],
    [
      'exports a function that throws',
      'export default () => { throw new Error("oops") }',
      'threw: Error: oops',
    ],
    ['imports what is not there', 'import "not-a-package"', 'cannot be imported: '],
  ])('refuses a module that %s, naming the file', async (_what, source, message) => {
    const path = await written(source);
    const attempt = loadProgram({ path }, directory);
    await expect(attempt).rejects.toThrow(ProgramError);
    await expect(attempt).rejects.toThrow(message);
    await expect(attempt).rejects.toThrow(join(directory, path));
  });

  test.each(['missing.mjs', '.'])('refuses the path %s, which is not a file', async (path) => {
    await expect(loadProgram({ path }, directory)).rejects.toThrow(/program\.path: .* is not a file/);
  });
});
