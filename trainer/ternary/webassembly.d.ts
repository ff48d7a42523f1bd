/**
 * The part of WebAssembly's JavaScript interface that this project uses. TypeScript declares it in its DOM library
 * only, which a Node.js program does not load.
 * https://webassembly.github.io/spec/js-api/
 */
declare namespace WebAssembly {
  interface Memory {
    /** A SharedArrayBuffer when the memory is shared. */
    readonly buffer: ArrayBufferLike;
  }
  const Memory: {
    prototype: Memory;
    /** Sizes in pages of 64 KiB. */
    new (descriptor: { initial: number; maximum?: number; shared?: boolean }): Memory;
  };

  interface Module {}
  const Module: {
    prototype: Module;
    new (bytes: BufferSource): Module;
    imports(module: Module): { module: string; name: string; kind: string }[];
  };

  interface Instance {
    readonly exports: Record<string, unknown>;
  }
  const Instance: {
    prototype: Instance;
    new (module: Module, imports: Record<string, Record<string, unknown>>): Instance;
  };

  type BufferSource = ArrayBufferView | ArrayBufferLike;
  function compile(bytes: BufferSource): Promise<Module>;
  function instantiate(
    bytes: BufferSource,
    imports: Record<string, Record<string, unknown>>,
  ): Promise<{ module: Module; instance: Instance }>;
}
