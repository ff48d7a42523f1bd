'use strict';
const { existsSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { Script } = require('node:vm');

/*
 * Runs the program beside it from what V8 has compiled of it before. The first process leaves that behind, when it has run
 * long enough to have compiled what the others will need: compiling is half of a start.
 */
const COMPILED_AFTER_MS = 8_000;
const program = join(__dirname, 'operator.cjs');
const cache = `${program}.cache`;

// The bundler writes nothing but ASCII. Its first line may say what runs it.
const source = readFileSync(program, 'latin1').replace(/^#!/, '//');
const cachedData = existsSync(cache) ? readFileSync(cache) : undefined;
const script = new Script(`(function (require, __filename) {${source}\n})`, {
  filename: program,
  cachedData,
});
if (cachedData === undefined) {
  setTimeout(() => {
    const aside = `${cache}-${process.pid}`;
    writeFileSync(aside, script.createCachedData());
    renameSync(aside, cache);
  }, COMPILED_AFTER_MS).unref();
}
script.runInThisContext()(require, program);
