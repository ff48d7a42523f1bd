import type { GradientBytes } from '../operator/plan/progress.ts';

/** How many times fewer bytes were sent than in a format that is `smaller` times smaller than float32: `12.80x`. */
export function ratioText({ raw, wire }: GradientBytes, smaller: 1 | 2): string {
  return wire === 0 ? '-' : `${(raw / smaller / wire).toFixed(2)}x`;
}

export function sumOf({
  push,
  pull,
}: {
  readonly push: GradientBytes;
  readonly pull: GradientBytes;
}): GradientBytes {
  return { raw: push.raw + pull.raw, wire: push.wire + pull.wire };
}
