import { execFileSync } from 'node:child_process';

/** Enough that the shaper never idles between two wake-ups at 10 Gbit; small beside any message that is measured. */
const BURST = '128kb';
const LATENCY = '20ms';
const DEVICE = 'eth0';

/**
 * Two network namespaces with one link between them whose rate is limited in both directions (`tbf`). Needs the right to
 * make namespaces (root). Always `remove` it.
 */
export class ShapedLink {
  readonly #names: readonly [string, string];
  readonly addresses: readonly [string, string] = ['10.201.0.1', '10.201.0.2'];

  /** @param rate as `tc` takes it, such as `1gbit`; `none` leaves the link as fast as it is. */
  constructor(rate: string) {
    this.#names = [`tg-bench-${process.pid}-0`, `tg-bench-${process.pid}-1`];
    try {
      this.#make(rate);
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  /** Runs a program on one side: put this before it. */
  inside(side: 0 | 1): readonly [string, ...string[]] {
    return ['ip', 'netns', 'exec', this.#names[side]];
  }

  /** Ends the namespaces, and with them the link. */
  remove(): void {
    for (const name of this.#names) {
      try {
        execFileSync('ip', ['netns', 'del', name], { stdio: 'ignore' });
      } catch {
        // It was never made.
      }
    }
  }

  #make(rate: string): void {
    const [one, other] = this.#names;
    for (const name of this.#names) run('ip', 'netns', 'add', name);
    run('ip', 'link', 'add', DEVICE, 'netns', one, 'type', 'veth', 'peer', 'name', DEVICE, 'netns', other);
    this.#names.forEach((name, side) => {
      const inside = (...command: readonly string[]): void => run('ip', 'netns', 'exec', name, ...command);
      inside('ip', 'link', 'set', 'lo', 'up');
      inside('ip', 'address', 'add', `${this.addresses[side]}/24`, 'dev', DEVICE);
      inside('ip', 'link', 'set', DEVICE, 'up');
      if (rate === 'none') return;
      const queue = ['tbf', 'rate', rate, 'burst', BURST, 'latency', LATENCY];
      inside('tc', 'qdisc', 'add', 'dev', DEVICE, 'root', ...queue);
    });
  }
}

function run(command: string, ...args: readonly string[]): void {
  execFileSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
}
