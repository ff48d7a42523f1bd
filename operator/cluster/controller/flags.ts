import { Command, InvalidArgumentError, Option } from 'commander';
import type { HostPort } from '../../../trainer/wire/address.ts';
import { parseAddress } from '../../../trainer/wire/address.ts';

/** What the operator is told at its start. */
export interface OperatorFlags {
  readonly namespace: string;
  /** Empty: all. */
  readonly watchNamespaces: readonly string[];
  readonly trainerImage: string;
  readonly trainerGpuImage: string;
  readonly imagePullPolicy?: 'Always' | 'IfNotPresent' | 'Never';
  readonly leaderElection: boolean;
  readonly leaseName: string;
  readonly httpAddress: HostPort;
  readonly concurrency: number;
  readonly secretReferences: readonly string[];
  readonly monitoringNamespacesLabel: Readonly<Record<string, string>>;
  readonly operatorPodLabels: Readonly<Record<string, string>>;
  readonly logLevel: string;
}

/** Prints help or the version and ends the process for `--help`, `--version` and what is wrong, naming flag and remedy. */
export function parseFlags(
  parameters: readonly string[],
  version: string,
  environment: Readonly<Record<string, string | undefined>>,
): OperatorFlags {
  const command = new Command('operator')
    .description('Carries TernGradJobs out on a Kubernetes cluster.')
    .version(version)
    .addOption(
      new Option('--namespace <name>', 'namespace of this operator; POD_NAMESPACE sets it too')
        .default(environment['POD_NAMESPACE'])
        .makeOptionMandatory(),
    )
    .option('--watch-namespaces <names>', 'namespaces of jobs, with commas between; empty: all', list, [])
    .option('--trainer-image <image>', 'image of workers', `terngrad/trainer:${version}`)
    .option('--trainer-gpu-image <image>', 'image of workers with GPUs', `terngrad/trainer-gpu:${version}`)
    .addOption(
      new Option('--image-pull-policy <policy>', 'of these two images; empty: as Kubernetes decides').choices(
        ['Always', 'IfNotPresent', 'Never', ''],
      ),
    )
    .option('--leader-election <boolean>', 'false: this is the only operator', boolean, true)
    .option('--lease-name <name>', 'Lease that the leader holds', 'terngrad-operator')
    .option('--http-address <host:port>', 'probes and metrics', address, address('0.0.0.0:8080'))
    .option('--concurrency <jobs>', 'jobs worked on at once, 1 to 64', concurrency, 8)
    .option('--secret-references <names>', 'Secrets that pod templates may name', list, [])
    .option(
      '--monitoring-namespaces-label <key=value>',
      'label of the namespaces that may read the metrics of workers',
      labels,
      { 'kubernetes.io/metadata.name': 'monitoring' },
    )
    .option('--operator-pod-labels <key=value,...>', "labels of this operator's pods", labels, {
      'app.kubernetes.io/name': 'terngrad-operator',
      'app.kubernetes.io/component': 'operator',
    })
    .addOption(
      new Option('--log-level <level>', 'of this operator and its workers')
        .choices(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
        .default('info'),
    );
  const { imagePullPolicy, ...flags } = command.parse(parameters, { from: 'user' }).opts<OperatorFlags>();
  return { ...flags, ...(isPolicy(imagePullPolicy) && { imagePullPolicy }) };
}

function isPolicy(value: string | undefined): value is 'Always' | 'IfNotPresent' | 'Never' {
  return value !== undefined && value !== '';
}

function list(text: string): readonly string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function boolean(text: string): boolean {
  if (text !== 'true' && text !== 'false') throw new InvalidArgumentError('Write true or false.');
  return text === 'true';
}

function concurrency(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 64) {
    throw new InvalidArgumentError('Write a whole number from 1 to 64.');
  }
  return value;
}

function address(text: string): HostPort {
  try {
    return parseAddress(text);
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}

function labels(text: string): Readonly<Record<string, string>> {
  const entries = list(text).map((pair): readonly [string, string] => {
    const [name = '', value, ...rest] = pair.split('=');
    if (name === '' || value === undefined || rest.length > 0) {
      throw new InvalidArgumentError('Write key=value, with commas between several.');
    }
    return [name, value];
  });
  if (entries.length === 0) throw new InvalidArgumentError('Write at least one key=value.');
  return Object.fromEntries(entries);
}
