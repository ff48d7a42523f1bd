import type { ResolvedJob } from './job.ts';
import { InvalidJobError } from './invalid-job-error.ts';
import { positionOf } from './positions.ts';
import { toProblem, type Finding, type Problem } from './problem.ts';
import { checkJob } from './resolve.ts';
import { nodeAt } from './schema-tree.ts';
import { unsupportedFindings } from './unsupported.ts';
import { readYaml, type YamlFile } from './yaml-file.ts';

/**
 * A job file with every default filled in. YAML or JSON; exactly one document.
 * Accepts all that the schema has, also what does not work yet: see `parseRunnableJob`.
 * @param file Only for messages.
 * @throws InvalidJobError with every problem and its line and column.
 */
export function parseJob(text: string, file: string): ResolvedJob {
  return parse(text, file, () => []);
}

/**
 * A job file that can be run as it is: like `parseJob`, but fields that do not work yet are problems too.
 * @throws InvalidJobError
 */
export function parseRunnableJob(text: string, file: string): ResolvedJob {
  return parse(text, file, unsupportedFindings);
}

function parse(
  text: string,
  file: string,
  alsoRefused: (job: ResolvedJob) => readonly Finding[],
): ResolvedJob {
  const yaml = readYaml(text, file);
  const checked = checkJob(yaml.value);
  if (!checked.valid) throw new InvalidJobError(file, located(checked.findings, yaml));
  const refused = alsoRefused(checked.job);
  if (refused.length > 0) throw new InvalidJobError(file, located(refused, yaml));
  return checked.job;
}

/** In the order of the file. */
function located(findings: readonly Finding[], { document, lines, value }: YamlFile): Problem[] {
  return findings
    .map((finding) => {
      const isUnknownField = nodeAt(finding.path) === undefined;
      return { ...toProblem(finding, value), ...positionOf(document, lines, finding.path, isUnknownField) };
    })
    .toSorted((a, b) => a.line - b.line || a.column - b.column);
}
