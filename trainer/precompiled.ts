import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort } from 'node:worker_threads';
import { Script } from 'node:vm';
import { importModule } from './programs/import-module.ts';

/** Set by the build alone, for the job that it runs: what this process has compiled is kept for later ones. */
export const KEEP_COMPILED = 'KEEP_COMPILED_CODE';

/** V8's own check is by version and flags; another Node.js may differ in what its JavaScript is compiled to. */
export function compiledFileOf(bundle: string): string {
  return `${bundle}.${process.version}-${process.arch}.code`;
}

/**
 * Runs a CommonJS bundle with the code that V8 compiled of it at build time, which halves the time that it takes to load. Without
 * that file, or when V8 refuses it, the bundle is compiled as any other: this is about time alone.
 * It sees what a CommonJS module sees, and `importModule`: in code that was compiled before, `import()` finds no loader.
 * @returns the bundle's exports.
 */
export function loadPrecompiled(bundle: URL): unknown {
  const file = fileURLToPath(bundle);
  // esbuild escapes whatever is not ASCII; each byte is a character.
  const source = readFileSync(file, 'latin1');
  const script = new Script(
    `(function (exports, require, module, __filename, __dirname, importModule) {${source}\n})`,
    {
      filename: file,
      cachedData: compiledCode(compiledFileOf(file)),
    },
  );
  if (process.env[KEEP_COMPILED] === '1') keepCompiled(script, compiledFileOf(file));
  const module = { exports: {} };
  const wrapper = script.runInThisContext() as (...scope: unknown[]) => void;
  wrapper(module.exports, createRequire(file), module, file, dirname(file), importModule);
  return module.exports;
}

function compiledCode(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

/** V8 compiles a function when it is called: what is kept in the end is what a job has needed. */
function keepCompiled(script: Script, file: string): void {
  const keep = (): void => {
    const aside = `${file}-${process.pid}`;
    writeFileSync(aside, script.createCachedData());
    renameSync(aside, file);
  };
  // The compute thread does not live to see its end.
  if (isMainThread) process.once('exit', keep);
  else parentPort?.on('message', keep);
}
