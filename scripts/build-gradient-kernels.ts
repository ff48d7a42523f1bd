import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createMemoryStream, main as compile } from 'assemblyscript/asc';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const ENTRY = 'trainer/compute/wasm/assembly/index.ts';
/** The module is small, and as source it needs no file beside the bundle. */
export const GENERATED_FILE = join(ROOT, 'trainer/compute/wasm/kernel-binary.ts');

/** Compiles the wasm backend's own kernels and returns the source of the TypeScript file that carries them. */
export async function gradientKernelsSource(): Promise<string> {
  const binary = await compileKernels();
  const lines = binary.toString('base64').match(/.{1,100}/g) ?? [];
  return [
    '// Generated from assembly/ by scripts/build-gradient-kernels.ts; do not edit.',
    'export const KERNEL_BINARY_BASE64 = [',
    ...lines.map((line) => `  '${line}',`),
    "].join('');",
    '',
  ].join('\n');
}

async function compileKernels(): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'gradient-kernels-'));
  try {
    const outFile = join(folder, 'kernels.wasm');
    let diagnostics = '';
    const stderr = createMemoryStream((chunk) => {
      diagnostics += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString();
    });
    const options = ['--baseDir', ROOT, '--outFile', outFile, '--runtime', 'stub', '--noAssert'];
    const target = ['--optimizeLevel', '3', '--enable', 'simd', '--importMemory', '--noExportMemory'];
    const { error } = await compile([ENTRY, ...options, ...target], { stderr });
    if (error !== null) throw new Error(`the kernels do not compile:\n${diagnostics}`, { cause: error });
    return await readFile(outFile);
  } finally {
    await rm(folder, { recursive: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const source = await gradientKernelsSource();
  if (!process.argv.includes('--check')) await writeFile(GENERATED_FILE, source);
  else if ((await readFile(GENERATED_FILE, 'utf8')) !== source) {
    console.error(
      `${GENERATED_FILE} is not what trainer/compute/wasm/assembly/ compiles to; run \`make generate\``,
    );
    process.exitCode = 1;
  }
}
