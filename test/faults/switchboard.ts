import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { WorkerEnvironment } from '../../crds/worker-environment.ts';
import { LOOPBACK } from '../../operator/local/free-port.ts';
import { PROXY_HOST } from '../local-run/counting-proxy.ts';
import { Link, type Sight, type Treatment } from './link.ts';

interface Rule {
  readonly matches: (sight: Sight) => boolean;
  readonly treat: (sight: Sight) => Treatment;
  readonly met: (sight: Sight) => void;
  readonly isLasting: boolean;
}

/** Stands in front of every worker of a job without TLS: all that they say to each other goes through it. */
export class Switchboard {
  readonly #servers: readonly Server[];
  readonly #ports: readonly number[];
  readonly #links = new Set<Link>();
  readonly #rules = new Set<Rule>();

  static async open(ranks: readonly number[]): Promise<Switchboard> {
    const servers = ranks.map(() => createServer());
    for (const server of servers) await new Promise<void>((resolve) => server.listen(0, PROXY_HOST, resolve));
    return new Switchboard(servers);
  }

  private constructor(servers: readonly Server[]) {
    this.#servers = servers;
    this.#ports = servers.map((server) => (server.address() as AddressInfo).port);
    servers.forEach((server, rank) => {
      server.on('connection', (incoming) => {
        const outgoing = connect({ host: LOOPBACK, port: this.#portOf(rank) });
        const link = new Link(
          rank,
          [incoming, outgoing],
          (sight) => this.#watch(sight),
          (data) => this.#rankOf(data),
        );
        this.#links.add(link);
        incoming.on('close', () => this.#links.delete(link));
      });
    });
  }

  /** What a worker's environment must say so that it is reached through here alone. */
  environmentOf(rank: number): Readonly<Record<string, string>> {
    return {
      [WorkerEnvironment.coordinatorAddress]: `${PROXY_HOST}:${this.#portOf(0)}`,
      [WorkerEnvironment.advertiseHost]: PROXY_HOST,
      // All of 127.0.0.0/8 is this computer: the worker can have the port that its peers know.
      [WorkerEnvironment.listenAddress]: `${LOOPBACK}:${this.#portOf(rank)}`,
    };
  }

  /** Connections between two ranks, whoever of them made it. */
  between(one: number, other: number): readonly Link[] {
    return [...this.#links].filter(
      ({ from, to }) => (from === one && to === other) || (from === other && to === one),
    );
  }

  get links(): readonly Link[] {
    return [...this.#links];
  }

  /** Treats the first frame that matches. Resolves once it has. */
  once(matches: (sight: Sight) => boolean, treat: (sight: Sight) => Treatment): Promise<Sight> {
    return new Promise((met) => this.#rules.add({ matches, treat, met, isLasting: false }));
  }

  /** Treats every frame that matches, until `forget`. */
  always(matches: (sight: Sight) => boolean, treat: (sight: Sight) => Treatment): void {
    this.#rules.add({ matches, treat, met: () => undefined, isLasting: true });
  }

  forget(): void {
    this.#rules.clear();
  }

  async close(): Promise<void> {
    for (const link of this.#links) link.destroy();
    await Promise.all(this.#servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }

  #watch(sight: Sight): Treatment | undefined {
    const rule = [...this.#rules].find(({ matches }) => matches(sight));
    if (rule === undefined) return undefined;
    if (!rule.isLasting) this.#rules.delete(rule);
    rule.met(sight);
    return rule.treat(sight);
  }

  /** A worker that asks to join gives its address. */
  #rankOf(data: Buffer): number | undefined {
    const rank = this.#ports.findIndex((port) => data.includes(`${PROXY_HOST}:${port}`));
    return rank < 0 ? undefined : rank;
  }

  #portOf(rank: number): number {
    const port = this.#ports[rank];
    if (port === undefined) throw new RangeError(`there is no rank ${rank}`);
    return port;
  }
}
