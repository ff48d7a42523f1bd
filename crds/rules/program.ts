import type { AnyRule } from './rule.ts';

/** What is trained, on what data. */
export const programRules: readonly AnyRule[] = [
  {
    at: 'spec.program',
    field: '',
    reads: ['name', 'path'],
    message: "must have exactly one of 'name' and 'path'",
    holds: (self) => (self.name === undefined) !== (self.path === undefined),
    cel: 'has(self.name) != has(self.path)',
  },
  {
    at: 'spec.program',
    field: 'configMap',
    reads: ['configMap', 'path'],
    message: "needs 'program.path', the file in the ConfigMap",
    holds: (self) => self.configMap === undefined || self.path !== undefined,
    cel: '!has(self.configMap) || has(self.path)',
  },
  {
    at: 'spec',
    field: 'data.name',
    reads: ['data.name', 'program.path'],
    message: "'program' needs 'program.path': the built-in programs bring no data of their own",
    holds: (self) => self.data.name !== 'program' || self.program.path !== undefined,
    cel: "!has(self.data.name) || self.data.name != 'program' || has(self.program.path)",
  },
  {
    at: 'spec',
    field: 'data.path',
    reads: ['data.path', 'data.name', 'program.name'],
    message:
      "must be the directory of the CIFAR-10 files ('data_batch_1.bin' and so on): they are not part of the image",
    holds: (self) => self.data.name !== 'cifar10' || self.data.path !== undefined,
    cel:
      "has(self.data.path) || (has(self.data.name) ? self.data.name != 'cifar10' : " +
      "!has(self.program.name) || self.program.name != 'cifarnet')",
  },
];
