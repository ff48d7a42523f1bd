import type { JobSpec, ResolvedJob } from '../crds/job.ts';

/** What a job will do, in a few lines. */
export function jobSummary({ metadata, spec }: ResolvedJob): string {
  const { workers, program, data, training } = spec;
  const rows: readonly (readonly [string, string])[] = [
    ['job', `${metadata.namespace}/${metadata.name}`],
    ['program', `${program.name ?? program.path}, data ${data.name}`],
    ['workers', `${workers.replicas}, backend ${workers.backend}`],
    [
      'training',
      `${lengthText(training)}, ${training.batchSize} examples per step, ${training.optimizer.name}`,
    ],
    ['gradients', codecText(spec)],
    ['transport', spec.tls.enabled ? 'mutual TLS' : 'NOT encrypted (tls.enabled is false)'],
  ];
  return rows.map(([label, text]) => `  ${label.padEnd(12)}${text}\n`).join('');
}

export function codecText({ compression }: JobSpec): string {
  const { codec, packing, scaler, scalerScope, scalerTiming } = compression;
  const packed =
    packing === 'auto' ? 'base3, or entropy coded where the first steps show that it pays' : packing;
  const timing = scalerTiming === 'delayed' ? ' of the step before' : '';
  const ternary = `ternary (${packed}, ${scaler} scaler per ${scalerScope}${timing})`;
  if (codec === 'auto')
    return `${ternary}, or float16 or float32 where the first steps show that ternary does not pay`;
  return codec === 'ternary' ? ternary : codec;
}

function lengthText({ steps, epochs }: JobSpec['training']): string {
  if (steps !== undefined) return steps === 1 ? '1 step' : `${steps} steps`;
  return epochs === 1 ? '1 epoch' : `${epochs} epochs`;
}
