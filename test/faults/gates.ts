import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where a worker can be made to wait: in its batch of a step, or in its evaluation before a step. */
export type GateName = `train-${number}` | `test-${number}`;

/** The gates of `programs/paced.mjs` in one run's folder. All are open until they are closed. */
export class Gates {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  close(gate: GateName): void {
    writeFileSync(this.#closedFile(gate), '');
  }

  open(gate: GateName): void {
    rmSync(this.#closedFile(gate), { force: true });
  }

  isAt(gate: GateName, rank: number): boolean {
    return existsSync(join(this.#folder, `at-${gate}-${rank}`));
  }

  #closedFile(gate: GateName): string {
    return join(this.#folder, `closed-${gate}`);
  }
}
