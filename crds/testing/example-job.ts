import { stringify } from 'yaml';
import { API_VERSION, KIND, type ResolvedJob, type TernGradJob } from '../job.ts';
import { resolveJob } from '../resolve.ts';
import { isMap } from '../values.ts';

type SpecChanges = { [Name in keyof TernGradJob['spec']]?: unknown };

/** The smallest valid job, with blocks of its spec replaced or, field by field, extended. For tests. */
export function exampleJob(changes: SpecChanges = {}, metadata: Record<string, unknown> = {}): unknown {
  const spec: Record<string, unknown> = { program: { name: 'lenet' }, training: { steps: 100 } };
  for (const [name, change] of Object.entries(changes)) {
    const present = spec[name];
    spec[name] = isMap(present) && isMap(change) ? { ...present, ...change } : change;
  }
  return { apiVersion: API_VERSION, kind: KIND, metadata: { name: 'example', ...metadata }, spec };
}

export function exampleYaml(changes: SpecChanges = {}): string {
  return stringify(exampleJob(changes));
}

export function resolvedExample(changes: SpecChanges = {}): ResolvedJob {
  return resolveJob(exampleJob(changes), 'example');
}
