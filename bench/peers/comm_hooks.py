"""The variants of PyTorch DDP that are raced: what a user can switch on without writing code."""

from torch.distributed.algorithms.ddp_comm_hooks import default_hooks, powerSGD_hook
from torch.nn.parallel import DistributedDataParallel


def distributed(module, variant: str) -> DistributedDataParallel:
    """The module in DDP, whose defaults stay as they are, but for PowerSGD's buckets.

    Its hook starts later collectives from the callbacks of earlier ones. With several buckets these come in another order
    on each rank, and gloo, which matches collectives by their order, stops for ever. So PowerSGD gets one bucket.
    """
    whole = sum(weight.numel() * weight.element_size() for weight in module.parameters()) // 2**20 + 1
    buckets = {"bucket_cap_mb": whole} if variant.startswith("powersgd") else {}
    model = DistributedDataParallel(module, gradient_as_bucket_view=True, **buckets)
    _register(model, variant)
    return model


def _register(model: DistributedDataParallel, variant: str) -> None:
    """`float32` is DDP's own allreduce; `bf16`, `fp16` and `powersgd-RANK` are its communication hooks."""
    name, _, rank = variant.partition("-")
    match name:
        case "float32":
            pass
        case "bf16":
            model.register_comm_hook(None, default_hooks.bf16_compress_hook)
        case "fp16":
            model.register_comm_hook(None, default_hooks.fp16_compress_hook)
        case "powersgd":
            state = powerSGD_hook.PowerSGDState(
                process_group=None, matrix_approximation_rank=int(rank), start_powerSGD_iter=2
            )
            model.register_comm_hook(state, powerSGD_hook.powerSGD_hook)
        case _:
            raise SystemExit(f"no such variant: {variant}; float32, bf16, fp16, powersgd-1, powersgd-2, powersgd-4")
