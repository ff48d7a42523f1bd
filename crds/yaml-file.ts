import {
  isScalar,
  LineCounter,
  parseAllDocuments,
  type Document,
  type ParsedNode,
  type YAMLError,
  type YAMLWarning,
} from 'yaml';
import { InvalidJobError } from './invalid-job-error.ts';
import { positionAt, positionOf } from './positions.ts';
import type { Problem } from './problem.ts';
import { repeatedKeyAt } from './repeated-key.ts';
import { formatPath } from './schema-tree.ts';

export interface YamlFile {
  readonly document: Document;
  readonly lines: LineCounter;
  /** What the document says, as plain values. */
  readonly value: unknown;
}

/**
 * Reads the one document of a YAML or JSON file.
 * @throws InvalidJobError for bad YAML, a key that stands twice, no document, or several.
 */
export function readYaml(text: string, file: string): YamlFile {
  const lines = new LineCounter();
  const parsed = [...parseAllDocuments(text, { lineCounter: lines, prettyErrors: false, version: '1.2' })];
  const documents = parsed.filter(
    (document) => complaints(document).length > 0 || !isEmpty(document.contents),
  );
  const problems = documents.flatMap((document) =>
    complaints(document).map((complaint) => yamlProblem(complaint, document, lines)),
  );
  const refuse = (problem: Problem, cause?: unknown) => new InvalidJobError(file, [problem], { cause });

  if (problems.length > 0) throw new InvalidJobError(file, problems);
  const [document, second] = documents;
  if (document === undefined) throw refuse(wholeFile('is empty; it must hold a TernGradJob'));
  if (second !== undefined) {
    const message = `has ${documents.length} documents; put each job into a file of its own`;
    throw refuse({ ...wholeFile(message), ...positionOf(second, lines, [], true) });
  }
  try {
    return { document, lines, value: document.toJS() };
  } catch (error) {
    // An alias without an anchor, or so many aliases that they can only be meant to exhaust memory.
    throw refuse(wholeFile(error instanceof Error ? error.message : String(error)), error);
  }
}

function wholeFile(message: string): Problem {
  return { path: '', value: undefined, message };
}

function isEmpty(contents: ParsedNode | null): boolean {
  return contents === null || (isScalar(contents) && contents.value === null);
}

/** An unknown tag is only a warning to the parser, but it would change what the API server reads. */
function complaints(document: Document): (YAMLError | YAMLWarning)[] {
  return [...document.errors, ...document.warnings];
}

function yamlProblem(error: YAMLError, document: Document, lines: LineCounter): Problem {
  const offset = error.pos[0];
  const position = positionAt(lines, offset);
  const key = error.code === 'DUPLICATE_KEY' ? repeatedKeyAt(document, offset) : undefined;
  if (key === undefined) return { ...wholeFile(`is not valid YAML: ${error.message}`), ...position };
  const first = positionAt(lines, key.firstOffset);
  return {
    path: formatPath(key.path),
    value: key.value,
    message: `stands here a second time, after line ${first.line}; keep one of them`,
    ...position,
  };
}
