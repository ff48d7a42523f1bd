/* oxlint-disable typescript/no-unsafe-type-assertion, typescript/no-unnecessary-type-parameters -- the one place that says what tfjs does not declare */
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import type * as TfjsCore from '@tensorflow/tfjs-core';
import { engine } from '@tensorflow/tfjs-core';
// Gives `Tensor` its method types everywhere. Types only: the module is ESM and would load a second tfjs-core.
import type * as ChainedOps from '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js';

/**
 * Parts of tfjs 4.22.0 that work but are not declared. tfjs is pinned to the exact version, and the tests of this
 * room fail if one of them changes.
 */

export type Op = (...args: unknown[]) => unknown;
export type WithChainedOps = typeof ChainedOps;

export function opsByName(core: typeof TfjsCore): Record<string, Op | undefined> {
  return core as unknown as Record<string, Op | undefined>;
}

export function imageOpsByName(core: typeof TfjsCore): Record<string, Op | undefined> {
  return core.image as unknown as Record<string, Op | undefined>;
}

export function tensorPrototype(core: typeof TfjsCore): Record<string, Op> {
  return core.Tensor.prototype as unknown as Record<string, Op>;
}

/** An attribute of a TensorFlow op; `type` is one of the binding's TF_ATTR numbers. */
export interface NativeAttribute {
  readonly name: string;
  readonly type: number;
  readonly value: unknown;
}

/** What tfjs-node's backend object carries besides the public `KernelBackend`. */
export interface NativeBackend {
  readonly binding: {
    readonly TF_Version: string;
    /** Kinds of attributes. */
    readonly TF_ATTR_TYPE: number;
    readonly TF_ATTR_INT: number;
    readonly TF_ATTR_STRING: number;
    readonly TF_ATTR_BOOL: number;
    /** Values of attributes of kind TYPE. */
    readonly TF_FLOAT: number;
    readonly TF_INT32: number;
  };
  readonly isUsingGpuDevice: boolean;
  /** Tensors by `dataId`; `values` until TensorFlow has them. */
  readonly tensorMap: { get(dataId: object): { readonly values: TfjsCore.BackendValues | null } };
  /** Attributes of a reduction of this tensor that drops the axes it is over. */
  createReductionOpAttrs(tensor: TfjsCore.Tensor): NativeAttribute[];
  /** Runs any TensorFlow op by name. */
  executeSingleOutput(
    op: string,
    attributes: readonly NativeAttribute[],
    inputs: readonly TfjsCore.Tensor[],
  ): TfjsCore.TensorInfo;
  executeMultipleOutputs(
    op: string,
    attributes: readonly NativeAttribute[],
    inputs: readonly TfjsCore.Tensor[],
    results: number,
  ): TfjsCore.TensorInfo[];
}

export function nativeBackend(backend: TfjsCore.KernelBackend): NativeBackend {
  return backend as unknown as NativeBackend;
}

/** The cpu backend prints an advertisement for tfjs-node at its first tensor, unless told that this has happened. */
export function silenceAdvertisement(cpuBackend: TfjsCore.KernelBackend): void {
  (cpuBackend as unknown as { firstUse: boolean }).firstUse = false;
}

/** The attributes with which tfjs calls a kernel; their type belongs to the kernel's name. */
export function attributesOf<Attributes>(attrs: TfjsCore.NamedAttrMap | undefined): Attributes {
  return attrs as unknown as Attributes;
}

/** What the wasm backend object carries beyond its declaration: its memory, under emscripten's name for exports. */
export type WasmBackend = BackendWasm & {
  readonly wasm: { readonly asm: { readonly memory: WebAssembly.Memory } };
};

export function wasmBackend(backend: unknown): WasmBackend {
  return backend as WasmBackend;
}

/** A module's exports as the interface that its source implements. */
export function wasmExports<Exports>(instance: WebAssembly.Instance): Exports {
  return instance.exports as unknown as Exports;
}

/** tfjs passes whole tensors to kernels, though it declares less. */
export function inputTensor<R extends TfjsCore.Rank>(
  inputs: TfjsCore.NamedTensorInfoMap,
  name: string,
): TfjsCore.Tensor<R> {
  const tensor = inputs[name];
  if (tensor === undefined) throw new TypeError(`the kernel was called without its input '${name}'`);
  return tensor as TfjsCore.Tensor<R>;
}

/** Whether what is computed now may be asked for its gradient. */
export function isDifferentiated(): boolean {
  return (engine() as unknown as { state: { gradientDepth: number } }).state.gradientDepth > 0;
}

/** A kernel's results as tensors of the current scope. Kernels return either tensors or bare descriptions. */
export function kernelTensors(results: TfjsCore.TensorInfo[]): TfjsCore.Tensor[] {
  return results.map((result) =>
    'rankType' in result ? (result as TfjsCore.Tensor) : engine().makeTensorFromTensorInfo(result),
  );
}

/** The same for a kernel with one result. */
export function kernelTensor(result: TfjsCore.TensorInfo | TfjsCore.TensorInfo[]): TfjsCore.Tensor {
  const [tensor, ...others] = kernelTensors([result].flat());
  if (tensor === undefined || others.length > 0) throw new TypeError('the kernel has not one result');
  return tensor;
}
