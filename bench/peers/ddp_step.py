"""One rank of PyTorch DDP whose backward pass costs next to nothing: what is left of a step is the exchange.

The model is a list of square float32 matrices of 1000 x 1000, as PowerSGD likes them (a smaller one when the gradient is
smaller). A custom autograd function hands the same Gaussian gradients to DDP's reducer in every step. A step is forward,
backward and exchange; the optimizer is left out, in PyTorch's favour. Prints one line of JSON on rank 0.

    ddp_step.py RANK WORLD ADDRESS INTERFACE VARIANT VALUES SECONDS
"""

import json
import math
import os
import subprocess
import sys
import time

os.environ.update(GLOO_SOCKET_IFNAME=sys.argv[4], OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")

import torch  # noqa: E402
import torch.distributed as dist  # noqa: E402

from comm_hooks import distributed  # noqa: E402

WARM_UP_STEPS = 5
SIDE = 1000


def shapes(values: int) -> list[tuple[int, int]]:
    side = min(SIDE, math.isqrt(values))
    whole, rest = divmod(values, side * side)
    return [(side, side)] * whole + ([(1, rest)] if rest else [])


class FixedGradients(torch.autograd.Function):
    """A loss of 0 whose gradients were drawn beforehand."""

    @staticmethod
    def forward(ctx, gradients, *weights):
        ctx.gradients = gradients
        return torch.zeros(())

    @staticmethod
    def backward(ctx, _):
        return None, *ctx.gradients


class Synthetic(torch.nn.Module):
    def __init__(self, values: int, rank: int):
        super().__init__()
        self.weights = torch.nn.ParameterList(torch.zeros(shape) for shape in shapes(values))
        generator = torch.Generator().manual_seed(rank)
        self.gradients = [torch.randn(weight.shape, generator=generator) for weight in self.weights]

    def forward(self):
        return FixedGradients.apply(self.gradients, *self.weights)


def bytes_sent(interface: str) -> int:
    shown = subprocess.run(["tc", "-s", "-j", "qdisc", "show", "dev", interface], capture_output=True, check=True)
    return json.loads(shown.stdout)[0]["bytes"]


def main(rank: int, world: int, address: str, interface: str, variant: str, values: int, seconds: float) -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"tcp://{address}:29500", rank=rank, world_size=world)
    model = distributed(Synthetic(values, rank), variant)

    def step() -> float:
        model.zero_grad(set_to_none=True)
        begin = time.perf_counter()
        model().backward()
        return (time.perf_counter() - begin) * 1000

    # The first steps build DDP's buckets; PowerSGD exchanges float32 in its first.
    warm_up = [step() for _ in range(WARM_UP_STEPS)]
    count = torch.tensor(max(9, min(400, int(seconds * 1000 / warm_up[-1]))))
    dist.broadcast(count, 0)
    before, cpu = bytes_sent(interface), time.process_time()
    times = [step() for _ in range(int(count))]
    figures = {
        "stepMs": times,
        "cpuSeconds": (time.process_time() - cpu) / len(times),
        "wireBytes": (bytes_sent(interface) - before) / len(times),
    }
    gathered: list[dict | None] = [None] * world
    dist.all_gather_object(gathered, figures)
    if rank == 0:
        print(json.dumps(gathered))
    dist.destroy_process_group()


rank, world, address, interface, variant, values, seconds = sys.argv[1:]
main(int(rank), int(world), address, interface, variant, int(values), float(seconds))
