import type { JobCondition, JobStatus, RankStatus } from '../../crds/status.ts';
import { durationText } from '../../operator/plan/figures.ts';
import { textTable } from '../text-table.ts';

/** What is read of a job on a cluster: its status is the operator's. */
export interface ClusterJobObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly creationTimestamp?: string;
  };
  readonly spec?: { readonly suspend?: boolean };
  readonly status?: JobStatus;
}

/** One line for each job, as `kubectl get tgj` has them. */
export function jobsTable(jobs: readonly ClusterJobObject[], now: Date, withNamespace: boolean): string {
  const head = ['NAME', 'STATE', 'WORKERS', 'STEP', 'PROGRESS', 'ETA', 'LOSS', 'THROUGHPUT', 'SAVED', 'AGE'];
  const rows = jobs.map((job) => {
    const { state, summary = {} } = job.status ?? {};
    const { workers, step, progress, eta, loss, throughput, saved } = summary;
    const cells = [state, workers, step, progress, eta, loss, throughput, saved].map((text) => text ?? '-');
    return [
      ...(withNamespace ? [job.metadata.namespace ?? '-'] : []),
      job.metadata.name,
      ...cells,
      ageText(job, now),
    ];
  });
  const heads = withNamespace ? ['NAMESPACE', ...head] : head;
  return `${textTable(
    heads,
    rows,
    heads.map(() => 'left'),
  )}\n`;
}

/** All that the operator says of one job. */
export function jobText(job: ClusterJobObject, now: Date): string {
  const { metadata, status } = job;
  const name = `${metadata.namespace ?? 'default'}/${metadata.name}`;
  if (status?.state === undefined) {
    return `${name}: no operator has looked at it yet; is one installed, and does it watch this namespace?\n`;
  }
  const { state, summary = {}, cause, conditions = [], ranks = [] } = status;
  const rows = [
    ['workers', summary.workers],
    ['step', joined(summary.step, summary.progress, summary.eta && `${summary.eta} to go`)],
    ['loss', summary.loss],
    ['test accuracy', summary.accuracy],
    ['throughput', summary.throughput],
    ['bytes saved', summary.saved],
    [
      'replacements',
      status.restarts === undefined || status.restarts === 0 ? undefined : String(status.restarts),
    ],
    [
      'checkpoint',
      status.lastCheckpoint && `step ${status.lastCheckpoint.step}, ${status.lastCheckpoint.path}`,
    ],
    ['weights', status.weightsHash && `sha256 ${status.weightsHash.slice(0, 16)}`],
    ['age', ageText(job, now)],
  ];
  const figures = rows
    .filter(([, text]) => text !== undefined && text !== '')
    .map(([label = '', text = '']) => `  ${label.padEnd(15)}${text}`);
  const head =
    cause === undefined ? `${name}: ${state}` : `${name}: ${state} (${cause.reason})\n  ${cause.message}`;
  const blocks = [[head, ...figures].join('\n'), conditionsTable(conditions), ranksTable(ranks)];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

function conditionsTable(conditions: readonly JobCondition[]): string {
  if (conditions.length === 0) return '';
  return textTable(
    ['CONDITION', 'STATUS', 'REASON', 'MESSAGE'],
    conditions.map(({ type, status, reason, message }) => [type, status, reason, firstLine(message)]),
    ['left', 'left', 'left', 'left'],
  );
}

function ranksTable(ranks: readonly RankStatus[]): string {
  if (ranks.length === 0) return '';
  return textTable(
    ['RANK', 'ATTEMPT', 'STATE', 'POD', 'WHY'],
    ranks.map(({ rank, attempt, state, pod = '-', reason, message }) => [
      String(rank),
      String(attempt),
      state,
      pod,
      firstLine(joined(reason, message) ?? ''),
    ]),
    ['right', 'right', 'left', 'left', 'left'],
  );
}

function joined(...parts: readonly (string | undefined)[]): string | undefined {
  const known = parts.filter((part) => part !== undefined && part !== '');
  return known.length === 0 ? undefined : known.join(', ');
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}

function ageText({ metadata: { creationTimestamp } }: ClusterJobObject, now: Date): string {
  if (creationTimestamp === undefined) return '-';
  return durationText(Math.max(0, now.getTime() - Date.parse(creationTimestamp)));
}
