import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { programFile, type SpecChange } from './small-job.ts';

/** The program whose workers all stop in front of a gate: what a test does then, it does in the middle of a step. */
export function gatedProgram(gateStep: number): NonNullable<SpecChange['program']> {
  return { path: programFile('gated'), parameters: { gateStep } };
}

/** Whether all ranks of the run in this folder are at the gate. */
export function allAtGate(folder: string, replicas: number): () => boolean {
  const files = Array.from({ length: replicas }, (_, rank) => join(folder, `at-gate-${rank}`));
  return () => files.every((file) => existsSync(file));
}

/** Lets all ranks go on. */
export function openGate(folder: string): void {
  writeFileSync(join(folder, 'gate-open'), '');
}
