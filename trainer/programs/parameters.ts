import type { z } from 'zod';
import { ProgramError } from './errors.ts';

/**
 * Checks `program.parameters` against what a built-in program knows, and fills in defaults.
 * @throws ProgramError naming each unknown or wrong parameter.
 */
export function readParameters<Schema extends z.ZodType>(
  program: string,
  schema: Schema,
  parameters: Readonly<Record<string, unknown>>,
): z.output<Schema> {
  const result = schema.safeParse(parameters);
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) =>
    issue.path.length === 0 ? issue.message : `${issue.path.join('.')}: ${issue.message}`,
  );
  throw new ProgramError(`program.parameters of "${program}": ${problems.join('; ')}`);
}
