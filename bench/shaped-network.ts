import { execFileSync } from 'node:child_process';
import { cleanedUp } from './interrupted.ts';

/** Enough that the shaper never idles between two wake-ups at 10 Gbit; small beside any message that is measured. */
const BURST = '128kb';
const LATENCY = '20ms';
/** What every member calls its own end of the network; its queue counts what leaves. */
export const INTERFACE = 'tg0';

/**
 * One network namespace per member, with a network between them whose rate is limited in both directions (`tbf`): two
 * members share one link; more of them have a link each to a bridge in a namespace of its own. Needs the right to make
 * namespaces (root). Always `remove` it.
 */
export class ShapedNetwork {
  readonly addresses: readonly string[];
  readonly #members: readonly string[];
  readonly #bridge = `tg-bench-${process.pid}-bridge`;

  /** @param rate as `tc` takes it, such as `1gbit`; `none` leaves the network as fast as it is. */
  constructor(rate: string, members = 2) {
    this.#members = Array.from({ length: members }, (_, index) => `tg-bench-${process.pid}-${index}`);
    this.addresses = this.#members.map((_, index) => `10.201.0.${index + 1}`);
    try {
      this.#make(rate);
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  /** Runs a program where a member is: put this before it. */
  inside(member: number): readonly [string, ...string[]] {
    return ['ip', 'netns', 'exec', this.#members[member] as string];
  }

  /** Ends what runs in the namespaces, and them, and with them the network. */
  remove(): void {
    for (const name of [...this.#members, this.#bridge]) {
      for (const pid of processesIn(name)) ifThere(() => process.kill(pid, 'SIGKILL'));
      ifThere(() => execFileSync('ip', ['netns', 'del', name], { stdio: 'ignore' }));
    }
  }

  #make(rate: string): void {
    for (const name of this.#members) run('ip', 'netns', 'add', name);
    const [one = '', other = ''] = this.#members;
    if (this.#members.length === 2) addPair(one, INTERFACE, other, INTERFACE);
    else this.#joinByBridge(rate);
    this.#members.forEach((name, index) => {
      const inside = insideOf(name);
      inside('ip', 'link', 'set', 'lo', 'up');
      inside('ip', 'address', 'add', `${this.addresses[index]}/24`, 'dev', INTERFACE);
      inside('ip', 'link', 'set', INTERFACE, 'up');
      shape(name, INTERFACE, rate);
    });
  }

  #joinByBridge(rate: string): void {
    run('ip', 'netns', 'add', this.#bridge);
    const inside = insideOf(this.#bridge);
    inside('ip', 'link', 'add', 'bridge', 'type', 'bridge');
    inside('ip', 'link', 'set', 'bridge', 'up');
    this.#members.forEach((name, index) => {
      const port = `port${index}`;
      addPair(name, INTERFACE, this.#bridge, port);
      inside('ip', 'link', 'set', port, 'master', 'bridge', 'up');
      shape(this.#bridge, port, rate);
    });
  }
}

/** Makes the network, does `work` on it, and removes it however that ends. */
export async function withShapedNetwork<Result>(
  rate: string,
  members: number,
  work: (network: ShapedNetwork) => Promise<Result>,
): Promise<Result> {
  const network = new ShapedNetwork(rate, members);
  return cleanedUp(
    () => network.remove(),
    () => work(network),
  );
}

function processesIn(namespace: string): readonly number[] {
  const list = (): string =>
    execFileSync('ip', ['netns', 'pids', namespace], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  return (ifThere(list) ?? '')
    .split('\n')
    .filter((line) => line !== '')
    .map(Number);
}

/** What is to be removed may never have been made, or be gone. */
function ifThere<Result>(act: () => Result): Result | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}

/** Bytes that left through the interface of the namespace this process is in, headers of every packet included. */
export function bytesSent(): number {
  const shown = execFileSync('tc', ['-s', '-j', 'qdisc', 'show', 'dev', INTERFACE], { encoding: 'utf8' });
  const [queue] = JSON.parse(shown) as { readonly bytes: number }[];
  if (queue === undefined) throw new Error(`${INTERFACE} has no queue that counts`);
  return queue.bytes;
}

function addPair(one: string, nameThere: string, other: string, otherName: string): void {
  const there = ['type', 'veth', 'peer', 'name', otherName, 'netns', other];
  run('ip', 'link', 'add', nameThere, 'netns', one, ...there);
}

/** Without a rate, a queue that only counts. */
function shape(namespace: string, device: string, rate: string): void {
  const queue =
    rate === 'none' ? ['pfifo', 'limit', '10000'] : ['tbf', 'rate', rate, 'burst', BURST, 'latency', LATENCY];
  insideOf(namespace)('tc', 'qdisc', 'add', 'dev', device, 'root', ...queue);
}

function insideOf(namespace: string): (...command: readonly string[]) => void {
  return (...command) => run('ip', 'netns', 'exec', namespace, ...command);
}

function run(command: string, ...args: readonly string[]): void {
  execFileSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
}
