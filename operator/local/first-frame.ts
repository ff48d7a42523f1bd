const FRAME = /^\s+at /;

/**
 * A text with a stack in it, down to the first frame: where in the user's program it happened. What called the
 * program is ours and tells its author nothing.
 */
export function withFirstFrame(text: string): string {
  const lines = text.split('\n');
  const first = lines.findIndex((line) => FRAME.test(line));
  return lines.filter((line, index) => index === first || !FRAME.test(line)).join('\n');
}
