import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** The logs of pods as they come, so that they outlive the pods. */
export class FollowedLogs {
  readonly #namespace: string;
  readonly #texts = new Map<string, string>();
  readonly #children: ChildProcess[] = [];

  constructor(namespace: string) {
    this.#namespace = namespace;
  }

  /** Its container must run. */
  follow(pod: string): void {
    this.#texts.set(pod, '');
    const child = spawn('kubectl', ['logs', '--follow', '-n', this.#namespace, pod], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child.stdout.on('data', (bytes: Buffer) => {
      this.#texts.set(pod, (this.#texts.get(pod) ?? '') + bytes.toString());
    });
    this.#children.push(child);
  }

  of(pod: string): string {
    const text = this.#texts.get(pod);
    if (text === undefined) throw new Error(`nobody follows the log of ${pod}`);
    return text;
  }

  /** Resolves once all these pods have ended and everything that they printed is here. */
  async untilComplete(): Promise<void> {
    await Promise.all(
      this.#children.map(async (child) => (child.exitCode === null ? once(child, 'close') : undefined)),
    );
  }

  end(): void {
    for (const child of this.#children) child.kill();
  }
}
