import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CommandError, runCommand } from './command.ts';
import type { Target } from './own-builder.ts';

/** Builds an image of the Dockerfile and writes it as a tar. */
export interface ContainerEngine {
  readonly name: 'docker' | 'buildah';
  build(target: Target, root: string): Promise<void>;
}

interface Commands {
  readonly works: readonly string[];
  readonly pull: readonly string[];
  readonly build: (target: Target) => readonly string[];
  readonly save: (target: Target, file: string) => readonly string[];
}

const COMMANDS: Readonly<Record<ContainerEngine['name'], Commands>> = {
  docker: {
    works: ['info'],
    pull: ['pull', '--quiet'],
    build: ({ name, reference, version }) => [
      'build',
      '--target',
      name,
      '--build-arg',
      `VERSION=${version}`,
      '--tag',
      reference,
      '.',
    ],
    save: ({ reference }, file) => ['save', '--output', file, reference],
  },
  buildah: {
    works: ['info'],
    pull: ['pull', '--quiet'],
    build: ({ name, reference, version }) => [
      'build',
      '--layers',
      '--target',
      name,
      '--build-arg',
      `VERSION=${version}`,
      '--tag',
      reference,
      '.',
    ],
    save: ({ reference }, file) => ['push', '--quiet', reference, `docker-archive:${file}:${reference}`],
  },
};

/**
 * The first container engine of this computer that runs and reaches the base images of the Dockerfile.
 * @returns the engine, or for each why it cannot be used.
 */
export async function findContainerEngine(
  root: string,
): Promise<ContainerEngine | { readonly reasons: readonly string[] }> {
  const bases = await baseImages(root);
  const reasons: string[] = [];
  for (const name of ['docker', 'buildah'] as const) {
    try {
      await runCommand(name, COMMANDS[name].works);
      for (const base of bases) await runCommand(name, [...COMMANDS[name].pull, base]);
      return containerEngine(name);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      reasons.push(error.message.split('\n').at(-1) ?? name);
    }
  }
  return { reasons };
}

function containerEngine(name: ContainerEngine['name']): ContainerEngine {
  const { build, save } = COMMANDS[name];
  return {
    name,
    build: async (target, root) => {
      await runCommand(name, build(target), { cwd: root });
      const aside = `${target.file}.${process.pid}`;
      await mkdir(dirname(target.file), { recursive: true });
      try {
        await runCommand(name, save(target, aside), { cwd: root });
        await rename(aside, target.file);
      } finally {
        await rm(aside, { force: true });
      }
    },
  };
}

/** The defaults of the Dockerfile's arguments whose names end with `_IMAGE`. */
async function baseImages(root: string): Promise<readonly string[]> {
  const text = await readFile(join(root, 'Dockerfile'), 'utf8');
  return [...text.matchAll(/^ARG \w+_IMAGE=(\S+)$/gm)].map(([, image]) => image ?? '');
}
