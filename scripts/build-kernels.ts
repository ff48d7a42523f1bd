import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { createMemoryStream, main as compile } from 'assemblyscript/asc';

const ENTRY = 'trainer/ternary/assembly/index.ts';
const OUT_FILE = 'trainer/ternary/kernels.wasm';

/**
 * Compiles the AssemblyScript kernels. The module imports one shared memory and must own nothing in it: two threads run
 * their own instance over the same memory.
 */
export async function buildKernels(outFile: string): Promise<void> {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const options = [
    ['--baseDir', root],
    ['--outFile', outFile],
    ['--runtime', 'stub'],
    ['--optimizeLevel', '3', '--shrinkLevel', '0', '--noAssert'],
    ['--enable', 'simd,threads'],
    [
      '--importMemory',
      '--noExportMemory',
      '--sharedMemory',
      '--initialMemory',
      '1',
      '--maximumMemory',
      '65536',
    ],
  ].flat();
  let diagnostics = '';
  const stderr = createMemoryStream((chunk) => {
    diagnostics += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
  });
  const { error } = await compile([ENTRY, ...options], { stderr });
  if (error !== null) throw new Error(`the kernels do not compile:\n${diagnostics}`, { cause: error });
  await checkOwnsNothing(outFile);
}

const DATA_SECTION = 11;
const START_SECTION = 8;

/** @throws Error when the module has data, a start function, or imports other than the memory. */
async function checkOwnsNothing(file: string): Promise<void> {
  const bytes = await readFile(file);
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(bytes)).map(
    ({ module, name }) => `${module}.${name}`,
  );
  const forbidden = sectionIds(bytes).filter((id) => id === DATA_SECTION || id === START_SECTION);
  if (imports.join() !== 'env.memory' || forbidden.length > 0) {
    throw new Error(
      `${file} imports ${imports.join(', ')} and has sections ${forbidden.join(', ')}; kernels must own nothing`,
    );
  }
}

/** Section ids of a WebAssembly binary: after 8 bytes of header, each section is id, LEB128 size, content. */
function sectionIds(bytes: Uint8Array): number[] {
  const ids: number[] = [];
  for (let at = 8; at < bytes.length;) {
    ids.push(bytes[at++]!);
    let size = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++]!;
      size += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    at += size;
  }
  return ids;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildKernels(OUT_FILE);
