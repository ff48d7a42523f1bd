const NAME = /^step-(\d{10,})\.safetensors$/;
const DIGITS = 10;

/** `step-0000001234.safetensors`: names in alphabetical order are steps in order. */
export function checkpointName(step: number): string {
  return `step-${String(step).padStart(DIGITS, '0')}.safetensors`;
}

export interface NamedCheckpoint {
  readonly name: string;
  readonly step: number;
}

/** Those of a directory's names that are checkpoints', newest first. */
export function checkpointsAmong(names: readonly string[]): readonly NamedCheckpoint[] {
  return names
    .flatMap((name) => {
      const step = NAME.exec(name)?.[1];
      return step === undefined ? [] : [{ name, step: Number(step) }];
    })
    .sort((a, b) => b.step - a.step);
}
