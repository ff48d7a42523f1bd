import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A small file system of its own, in memory: it really fills up, and is really read-only. */
export class Volume {
  readonly path = mkdtempSync(join(tmpdir(), 'checkpoint-volume-'));

  /** @param size as `mount` takes it: `64k`, `1m`. */
  constructor(size: string) {
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', this.path], { stdio: 'pipe' });
    } catch (error) {
      rmSync(this.path, { recursive: true });
      throw error;
    }
  }

  makeReadOnly(): void {
    execFileSync('mount', ['-o', 'remount,ro', this.path]);
  }

  remove(): void {
    execFileSync('umount', [this.path]);
    rmSync(this.path, { recursive: true });
  }
}

/** Whether this process may mount file systems; most may not. */
export function canMount(): boolean {
  try {
    new Volume('64k').remove();
    return true;
  } catch {
    return false;
  }
}
