import type { OperatorProcess, OperatorProgram } from '../integration/controller-operator.ts';
import type { FaultProxy } from './fault-proxy.ts';

const MAX_LINE_CHARACTERS = 400;

/** Where an operator runs, behind a proxy of its own: one process after the other. */
export class Seat {
  readonly proxy: FaultProxy;
  private readonly program: OperatorProgram;
  private readonly parameters: readonly string[];
  private readonly processes: OperatorProcess[] = [];

  constructor(program: OperatorProgram, proxy: FaultProxy, parameters: readonly string[]) {
    this.program = program;
    this.proxy = proxy;
    this.parameters = parameters;
  }

  start(): void {
    this.processes.push(this.program.start(this.proxy.kubeconfig, ...this.parameters));
  }

  /** SIGKILL; the process is gone when it resolves. */
  async kill(): Promise<void> {
    await this.processes.at(-1)?.kill('SIGKILL');
  }

  async killAndRestart(): Promise<void> {
    await this.kill();
    this.start();
  }

  /** Stops or continues the process as a whole, its clock apart. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    const { pid } = this.processes.at(-1) ?? {};
    if (pid !== undefined) process.kill(pid, signal);
  }

  /** Of the process that runs now. */
  get exited(): Promise<number | null> | undefined {
    return this.processes.at(-1)?.exited;
  }

  /** What the processes said, without their stacks. */
  log(): string {
    return this.processes
      .flatMap((operator) => ['--- started', ...operator.log().split('\n')])
      .map((line) => line.slice(0, MAX_LINE_CHARACTERS))
      .join('\n');
  }
}
