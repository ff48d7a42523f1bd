"""The variants of PyTorch DDP that are raced: what a user can switch on without writing code."""

from torch.distributed.algorithms.ddp_comm_hooks import default_hooks, powerSGD_hook


def register(model, variant: str) -> None:
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
