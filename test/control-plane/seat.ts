import type { OperatorProcess, OperatorProgram } from '../integration/controller-operator.ts';
import type { FaultProxy } from './fault-proxy.ts';

const MAX_LINE_CHARACTERS = 400;

/** Where an operator runs, behind a proxy of its own: one process after the other. */
export class Seat {
  readonly proxy: FaultProxy;
  private readonly program: OperatorProgram;
  private readonly parameters: readonly string[];
  /** How processes ended that ended by themselves. */
  readonly exitCodes: number[] = [];
  private readonly processes: OperatorProcess[] = [];
  private isOver = false;

  constructor(program: OperatorProgram, proxy: FaultProxy, parameters: readonly string[]) {
    this.program = program;
    this.proxy = proxy;
    this.parameters = parameters;
  }

  /** As a Deployment would, it starts another whenever one ends by itself. */
  start(): void {
    const started = this.program.start(this.proxy.kubeconfig, ...this.parameters);
    this.processes.push(started);
    void this.replaceAfter(started);
  }

  private async replaceAfter({ exited }: OperatorProcess): Promise<void> {
    const exitCode = await exited;
    if (exitCode === null) return;
    this.exitCodes.push(exitCode);
    if (!this.isOver) this.start();
  }

  /** SIGKILL; the process is gone when it resolves. */
  async kill(): Promise<void> {
    await this.processes.at(-1)?.kill('SIGKILL');
  }

  /** Nothing runs here any more. */
  async end(): Promise<void> {
    this.isOver = true;
    await this.kill();
  }

  /** Stops or continues the process as a whole, its clock apart. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    const { pid } = this.processes.at(-1) ?? {};
    if (pid !== undefined) process.kill(pid, signal);
  }

  /** What the processes said, without their stacks. */
  log(): string {
    return this.processes
      .flatMap((operator) => ['--- started', ...operator.log().split('\n')])
      .map((line) => line.slice(0, MAX_LINE_CHARACTERS))
      .join('\n');
  }
}
