import { isMap, parseDocument } from 'yaml';
import type { Document } from 'yaml';

/** What the command line changes in a job file. */
export interface Overrides {
  readonly workers?: number;
  readonly backend?: string;
  readonly codec?: string;
  readonly steps?: number;
  readonly epochs?: number;
}

/**
 * The job file with the overrides written into it, so that one parser checks them with all the rest.
 * Text that is no YAML map is returned as it is: the parser says what is wrong with it, and where.
 */
export function withOverrides(text: string, overrides: Overrides): string {
  const changes = changesOf(overrides);
  if (changes.length === 0) return text;
  const document = parseDocument(text);
  if (document.errors.length > 0 || !changes.every(({ path }) => canHold(document, path))) return text;
  for (const { path, value } of changes) {
    if (value === undefined) document.deleteIn(path);
    else document.setIn(path, value);
  }
  return document.toString();
}

/** Whether everything on the way to a field is a map, or not there yet. */
function canHold(document: Document, path: readonly string[]): boolean {
  return path.every((_, depth) => {
    const holder = document.getIn(path.slice(0, depth));
    return isMap(holder) || (depth > 0 && holder === undefined);
  });
}

interface Change {
  readonly path: readonly string[];
  /** undefined takes the field out. */
  readonly value: string | number | undefined;
}

function changesOf({ workers, backend, codec, steps, epochs }: Overrides): readonly Change[] {
  const changes: Change[] = [];
  if (workers !== undefined) changes.push({ path: ['spec', 'workers', 'replicas'], value: workers });
  if (backend !== undefined) changes.push({ path: ['spec', 'workers', 'backend'], value: backend });
  if (codec !== undefined) changes.push({ path: ['spec', 'compression', 'codec'], value: codec });
  // Exactly one of the two may be set.
  if (steps !== undefined) {
    changes.push({ path: ['spec', 'training', 'epochs'], value: undefined });
    changes.push({ path: ['spec', 'training', 'steps'], value: steps });
  } else if (epochs !== undefined) {
    changes.push({ path: ['spec', 'training', 'steps'], value: undefined });
    changes.push({ path: ['spec', 'training', 'epochs'], value: epochs });
  }
  return changes;
}
