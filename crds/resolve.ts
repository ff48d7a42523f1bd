import type { z } from 'zod';
import { defaultDataSet } from './data.ts';
import { duplicateItems } from './duplicates.ts';
import { InvalidJobError } from './invalid-job-error.ts';
import { findingsOf } from './issues.ts';
import { API_VERSION, jobSchema, jobSpecSchema, KIND, type JobSpec, type ResolvedJob } from './job.ts';
import { serverMetadataFields } from './metadata.ts';
import { toProblem, type Finding } from './problem.ts';
import { withoutOffenders } from './repair.ts';
import { brokenRules, type BrokenRule } from './rules/check-rules.ts';
import type { FieldPath } from './schema-tree.ts';
import { isMap } from './values.ts';

export type CheckedJob =
  | { readonly valid: true; readonly job: ResolvedJob }
  | { readonly valid: false; readonly findings: readonly Finding[] };

/** A TernGradJob from a parsed file or from the API server, with every default filled in; or all that is wrong with it. */
export function checkJob(value: unknown): CheckedJob {
  const input = normalized(value);
  const foreign = foreignKind(input);
  if (foreign !== undefined) return { valid: false, findings: [foreign] };
  const parsed = jobSchema.safeParse(input);
  if (parsed.success) {
    const job = { ...parsed.data, spec: completed(parsed.data.spec) };
    const findings = [...duplicateItems(input), ...brokenRules(job.spec)];
    return findings.length === 0 ? { valid: true, job } : { valid: false, findings };
  }
  const findings = [...findingsOf(parsed.error.issues, input), ...duplicateItems(input)];
  const consequences = brokenRulesDespite(parsed.error.issues, input);
  const fresh = consequences.filter(
    ({ reads }) => !findings.some(({ path }) => reads.some((read) => related(path, read))),
  );
  return { valid: false, findings: [...findings, ...fresh] };
}

/**
 * Resolves an object that the API server handed out.
 * @throws InvalidJobError with every problem; `source` stands where a file name would.
 */
export function resolveJob(value: unknown, source: string): ResolvedJob {
  const checked = checkJob(value);
  if (checked.valid) return checked.job;
  throw new InvalidJobError(
    source,
    checked.findings.map((finding) => toProblem(finding, value)),
  );
}

function completed(spec: z.output<typeof jobSpecSchema>): JobSpec {
  return { ...spec, data: { ...spec.data, name: spec.data.name ?? defaultDataSet(spec.program) } };
}

/** The rules broken by what is left when the refused fields are taken out. */
function brokenRulesDespite(issues: readonly z.core.$ZodIssue[], input: unknown): BrokenRule[] {
  const repaired = withoutOffenders(input, issues);
  if (!isMap(repaired)) return [];
  const parsed = jobSpecSchema.safeParse(repaired['spec']);
  return parsed.success ? brokenRules(completed(parsed.data)) : [];
}

/** Another object by mistake: then every further complaint would be noise. */
function foreignKind(input: unknown): Finding | undefined {
  if (!isMap(input)) return { path: [], message: `must be a map with apiVersion, kind, metadata and spec` };
  const { kind, apiVersion } = input;
  if (kind !== undefined && kind !== KIND) return { path: ['kind'], message: `must be ${KIND}` };
  if (apiVersion !== undefined && apiVersion !== API_VERSION) {
    return { path: ['apiVersion'], message: `must be ${API_VERSION}` };
  }
  return undefined;
}

/** Without what the API server writes, and without nulls, which it drops too before it fills in defaults. */
function normalized(value: unknown): unknown {
  if (!isMap(value)) return value;
  const { status: _status, metadata, ...rest } = value;
  if (!isMap(metadata)) return withoutNulls(metadata === undefined ? rest : { ...rest, metadata });
  const ours = Object.entries(metadata).filter(
    ([name]) => !(serverMetadataFields as readonly string[]).includes(name),
  );
  return withoutNulls({ ...rest, metadata: Object.fromEntries(ours) });
}

/** `program.parameters` is the program's: a null in it may mean something. */
function withoutNulls(value: unknown, path: FieldPath = []): unknown {
  if (path.join('.') === 'spec.program.parameters') return value;
  if (Array.isArray(value)) return value.map((item, index) => withoutNulls(item, [...path, index]));
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, child]) => child !== null)
      .map(([name, child]) => [name, withoutNulls(child, [...path, name])]),
  );
}

/** Whether one path is the other or lies below it. */
function related(one: FieldPath, other: FieldPath): boolean {
  const length = Math.min(one.length, other.length);
  return one.slice(0, length).every((segment, index) => segment === other[index]);
}
