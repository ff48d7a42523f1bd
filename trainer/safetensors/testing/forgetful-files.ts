import { dirname } from 'node:path';
import type { Files, ReadableFile, WritableFile } from '../files.ts';

/** What of the volatile part a loss of power leaves. Real file systems may do any of these. */
export type PowerLoss =
  /** Everything had reached the disk: a process was killed, and the computer lived on. */
  | 'keeps all'
  /** Nothing that was not synced. */
  | 'keeps what was synced'
  /** Names reached the disk before contents: a renamed file may be empty. */
  | 'keeps names'
  /** Contents reached the disk before names. */
  | 'keeps contents';

export const POWER_LOSSES: readonly PowerLoss[] = [
  'keeps all',
  'keeps what was synced',
  'keeps names',
  'keeps contents',
];

interface Node {
  content: Uint8Array;
  synced: Uint8Array;
}

/** The computer has died; nothing more happens to the disk. */
export class CrashError extends Error {
  readonly code = 'CRASHED';
  override readonly name = 'CrashError';
}

export interface Fault {
  /** Which call that changes something, from 0. */
  readonly at: number;
  /** The computer dies there (a write is left half done), or the call fails with this code and the computer lives. */
  readonly kind: 'crash' | 'ENOSPC' | 'EIO' | 'EROFS';
}

/**
 * A disk in memory. It counts the calls that change something, fails at a chosen one, and knows what would be left after a
 * loss of power. Directories exist by themselves.
 */
export class ForgetfulFiles implements Files {
  readonly #names: Map<string, Node>;
  readonly #syncedNames: Map<string, Node>;
  #fault: Fault | undefined;
  #crashed = false;
  /** What was called, for messages of tests. */
  readonly calls: string[] = [];

  constructor(contents: ReadonlyMap<string, Uint8Array> = new Map()) {
    const nodes = [...contents].map(([path, bytes]): [string, Node] => [
      path,
      { content: bytes, synced: bytes },
    ]);
    this.#names = new Map(nodes);
    this.#syncedNames = new Map(nodes);
  }

  failAt(fault: Fault): this {
    this.#fault = fault;
    return this;
  }

  /** The disk that the next start finds. */
  afterPowerLoss(loss: PowerLoss): ForgetfulFiles {
    const names = loss === 'keeps all' || loss === 'keeps names' ? this.#names : this.#syncedNames;
    const content = loss === 'keeps all' || loss === 'keeps contents' ? 'content' : 'synced';
    return new ForgetfulFiles(new Map([...names].map(([path, node]) => [path, node[content]])));
  }

  makeDirectory(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  list(directory: string): Promise<readonly string[]> {
    const inside = [...this.#names.keys()].filter((path) => dirname(path) === directory);
    return Promise.resolve(inside.map((path) => path.slice(directory.length + 1)));
  }

  async openToRead(path: string): Promise<ReadableFile> {
    const node = this.#node(path);
    return Promise.resolve({
      size: () => Promise.resolve(node.content.byteLength),
      read(into, position) {
        const bytes = node.content.subarray(position, position + into.byteLength);
        into.set(bytes);
        return Promise.resolve(bytes.byteLength);
      },
      close: () => Promise.resolve(),
    });
  }

  async createNew(path: string): Promise<WritableFile> {
    await this.#change(`create ${path}`);
    if (this.#names.has(path)) throw systemError('EEXIST', path);
    const node: Node = { content: new Uint8Array(), synced: new Uint8Array() };
    this.#names.set(path, node);
    return {
      write: async (bytes, position) => {
        await this.#change(`write ${bytes.byteLength} at ${position}`, () => {
          overwrite(node, bytes.subarray(0, bytes.byteLength >> 1), position);
        });
        overwrite(node, bytes, position);
      },
      sync: async () => {
        await this.#change(`sync ${path}`);
        node.synced = node.content;
      },
      close: () => Promise.resolve(),
    };
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#change(`rename ${from}`);
    this.#names.set(to, this.#node(from));
    this.#names.delete(from);
  }

  async link(from: string, to: string): Promise<void> {
    await this.#change(`link ${from}`);
    if (this.#names.has(to)) throw systemError('EEXIST', to);
    this.#names.set(to, this.#node(from));
  }

  async remove(path: string): Promise<void> {
    await this.#change(`remove ${path}`);
    this.#node(path);
    this.#names.delete(path);
  }

  async syncDirectory(directory: string): Promise<void> {
    await this.#change(`sync directory ${directory}`);
    for (const path of this.#syncedNames.keys())
      if (dirname(path) === directory) this.#syncedNames.delete(path);
    for (const [path, node] of this.#names)
      if (dirname(path) === directory) this.#syncedNames.set(path, node);
  }

  /** @param halfDone what the call has done already when the computer dies in it. */
  async #change(call: string, halfDone: () => void = () => undefined): Promise<void> {
    await Promise.resolve();
    if (this.#crashed) throw new CrashError(call);
    const index = this.calls.push(call) - 1;
    if (index !== this.#fault?.at) return;
    if (this.#fault.kind !== 'crash') throw systemError(this.#fault.kind, call);
    halfDone();
    this.#crashed = true;
    throw new CrashError(call);
  }

  #node(path: string): Node {
    const node = this.#names.get(path);
    if (node === undefined) throw systemError('ENOENT', path);
    return node;
  }
}

/** A fresh array each time: what was synced stays as it was then. */
function overwrite(node: Node, bytes: Uint8Array, position: number): void {
  const content = new Uint8Array(Math.max(node.content.byteLength, position + bytes.byteLength));
  content.set(node.content);
  content.set(bytes, position);
  node.content = content;
}

function systemError(code: string, call: string): Error {
  return Object.assign(new Error(`${code}: ${call}`), { code });
}
