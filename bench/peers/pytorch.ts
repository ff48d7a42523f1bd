import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** PyTorch cannot be had on this computer; the message is one line that says what is missing. */
export class PyTorchUnavailableError extends Error {
  override readonly name = 'PyTorchUnavailableError';
}

const VERSION = '2.15.0';
const run = promisify(execFile);

export const peersFolder = fileURLToPath(new URL('.', import.meta.url));

/**
 * The Python that has PyTorch. Installed once, from wheels whose hashes are committed, into a virtual environment in the
 * user's cache: 540 MB are fetched, without NVIDIA's libraries (see cuda_stubs.py).
 * @throws PyTorchUnavailableError
 */
export async function pyTorch(): Promise<string> {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const folder = join(cache, 'terngrad', 'pytorch', VERSION);
  const python = join(folder, 'bin', 'python');
  const finished = join(folder, 'installed');
  if (existsSync(finished)) return python;
  await requireTools();
  console.error(`fetching PyTorch ${VERSION} (540 MB, once) into ${folder}`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(join(folder, '..'), { recursive: true });
  try {
    await run('python3', ['-m', 'venv', folder]);
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--no-deps'];
    const pinned = [
      '--require-hashes',
      '--only-binary',
      ':all:',
      '-r',
      join(peersFolder, 'requirements.txt'),
    ];
    await run(python, [...pip, ...pinned]);
    const { stdout } = await run(python, ['-c', FIND_LIBRARIES]);
    await run(python, [join(peersFolder, 'cuda_stubs.py'), stdout.trim()]);
    await run(python, ['-c', 'import torch']);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw new PyTorchUnavailableError(`PyTorch ${VERSION} could not be installed: ${lastLine(error)}`);
  }
  await writeFile(`${finished}.new`, VERSION);
  await rename(`${finished}.new`, finished);
  return python;
}

const FIND_LIBRARIES =
  'import importlib.util, pathlib; print(pathlib.Path(importlib.util.find_spec("torch").origin).parent / "lib")';

async function requireTools(): Promise<void> {
  const needed = [
    ['python3', ['-m', 'pip', '--version'], 'python3 with pip is missing'],
    ['python3', ['-m', 'venv', '--help'], 'python3 has no venv'],
    ['gcc', ['--version'], 'gcc is missing'],
    ['readelf', ['--version'], 'binutils is missing'],
  ] as const;
  for (const [command, args, missing] of needed) {
    try {
      await run(command, args);
    } catch {
      throw new PyTorchUnavailableError(`PyTorch cannot be installed: ${missing}`);
    }
  }
  const { stdout } = await run('python3', ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])']);
  if (process.arch !== 'x64' || process.platform !== 'linux' || stdout.trim() !== '3.11') {
    const found = `Python ${stdout.trim()} on ${process.platform} ${process.arch}`;
    throw new PyTorchUnavailableError(
      `PyTorch cannot be installed: bench/peers/requirements.txt has the hashes for Python 3.11 on linux x64, this is ${found}`,
    );
  }
}

function lastLine(error: unknown): string {
  const { stderr } = error as { readonly stderr?: string };
  const text = stderr !== undefined && stderr.trim() !== '' ? stderr : String(error);
  return text.trim().split('\n').at(-1) ?? text;
}
