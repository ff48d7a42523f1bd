import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';

const root = fileURLToPath(new URL('../..', import.meta.url));
const CANNOT = 3;
export const CHART = `${root}charts/terngrad-operator`;

/** What the tests read of an object; the rest is looked into where it is needed. */
export interface Rendered {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly rules?: readonly PolicyRule[];
  readonly spec?: unknown;
  readonly data?: Readonly<Record<string, string>>;
}

export interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

export interface HelmAnswer {
  readonly exitCode: number | null;
  readonly out: string;
  readonly err: string;
}

/** Path of helm, fetched where that is needed; undefined, and one line said, where it cannot be had. */
export function helmProgram(): string | undefined {
  const { status, stdout, stderr } = spawnSync('bash', [`${root}scripts/helm.sh`], { encoding: 'utf8' });
  if (status === CANNOT) {
    console.warn(`${stderr.trim()}; the tests of the chart are skipped`);
    return undefined;
  }
  if (status !== 0) throw new Error(`scripts/helm.sh failed:\n${stderr}`);
  return stdout.trim();
}

export function helm(program: string, parameters: readonly string[]): HelmAnswer {
  const { status, stdout, stderr } = spawnSync(program, parameters, { encoding: 'utf8' });
  return { exitCode: status, out: stdout, err: stderr };
}

const MONITORING = ['--api-versions', 'monitoring.coreos.com/v1'];

const rendered = new Map<string, readonly Rendered[]>();

/** Renders the chart as release `terngrad-operator` in the namespace `terngrad-system`; once for each set of values. */
export function render(
  program: string,
  parameters: readonly string[],
  { withMonitoring = true }: { readonly withMonitoring?: boolean } = {},
): readonly Rendered[] {
  const key = JSON.stringify([parameters, withMonitoring]);
  const known = rendered.get(key);
  if (known !== undefined) return known;
  const { exitCode, out, err } = helm(program, [
    'template',
    'terngrad-operator',
    CHART,
    '--namespace=terngrad-system',
    ...(withMonitoring ? MONITORING : []),
    ...parameters,
  ]);
  if (exitCode !== 0) throw new Error(`helm template ${parameters.join(' ')} failed:\n${err}`);
  const objects = parseAllDocuments(out).flatMap((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    const object = document.toJS() as Rendered | null;
    return object === null ? [] : [object];
  });
  rendered.set(key, objects);
  return objects;
}
