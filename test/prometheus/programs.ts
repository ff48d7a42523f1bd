import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FETCH = fileURLToPath(new URL('fetch.sh', import.meta.url));
const CANNOT = 3;

export interface PrometheusPrograms {
  readonly prometheus: string;
  readonly promtool: string;
}

/** The programs, fetched at the first call where that is needed; undefined, and one line said, where they cannot be had. */
export function prometheusPrograms(): PrometheusPrograms | undefined {
  const { status, stdout, stderr } = spawnSync('bash', [FETCH], { encoding: 'utf8' });
  if (status === CANNOT) {
    console.warn(`${stderr.trim()}; the tests that need it are skipped`);
    return undefined;
  }
  if (status !== 0) throw new Error(`${FETCH} failed:\n${stderr}`);
  const folder = stdout.trim();
  return { prometheus: join(folder, 'prometheus'), promtool: join(folder, 'promtool') };
}

/** Runs promtool with `input` on its standard input. */
export function promtool(
  programs: PrometheusPrograms,
  parameters: readonly string[],
  input = '',
): { readonly exitCode: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync(programs.promtool, parameters, { encoding: 'utf8', input });
  return { exitCode: status, output: stdout + stderr };
}
