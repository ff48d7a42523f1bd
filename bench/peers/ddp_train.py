"""One rank of a training run with PyTorch DDP, as `examples/mnist-lenet.yaml` trains: momentum 0.9, rate 0.02 falling to 0 as
sqrt(1 - step / steps), one permutation of the data per epoch, each rank its share of every batch.

    ddp_train.py RANK WORLD ADDRESS INTERFACE OPTIONS      OPTIONS: JSON, see `Options`

Rank 0 prints one line of JSON: the milliseconds of every step (evaluation excluded) and the test accuracies by step. Stops at the first accuracy that
reaches the target.
"""

import dataclasses
import gzip
import json
import math
import os
import pathlib
import sys
import time

os.environ.update(GLOO_SOCKET_IFNAME=sys.argv[4], OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")

import torch  # noqa: E402
import torch.distributed as dist  # noqa: E402
import torch.nn.functional as F  # noqa: E402

from comm_hooks import distributed  # noqa: E402
from models import build  # noqa: E402


@dataclasses.dataclass
class Options:
    model: str
    variant: str
    seed: int
    batch: int
    # Of the learning rate's schedule; training may end before.
    schedule: int
    steps: int
    # 0: no evaluation.
    every: int
    target: float
    # Folder with MNIST's IDX files; empty: synthetic examples.
    data: str


def idx(folder: str, name: str) -> torch.Tensor:
    path = next(pathlib.Path(folder).glob(f"{name}*"))
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    shape = [int.from_bytes(raw[4 + 4 * axis : 8 + 4 * axis], "big") for axis in range(raw[3])]
    return torch.frombuffer(bytearray(raw[4 + 4 * len(shape) :]), dtype=torch.uint8).reshape(shape)


def load(folder: str, part: str, model) -> tuple[torch.Tensor, torch.Tensor]:
    if not folder:
        return torch.rand(2048, *model.image), torch.randint(0, 10, (2048,))
    return idx(folder, f"{part}-images").unsqueeze(1) / 255, idx(folder, f"{part}-labels").long()


def accuracy(model, images: torch.Tensor, labels: torch.Tensor) -> float:
    with torch.no_grad():
        parts = zip(images.split(500), labels.split(500))
        return sum(int((model(x).argmax(1) == y).sum()) for x, y in parts) / len(labels)


def main(rank: int, world: int, address: str, options: Options) -> None:
    torch.set_num_threads(1)
    plain = model = build(options.model, options.seed)
    dist.init_process_group("gloo", init_method=f"tcp://{address}:29500", rank=rank, world_size=world)
    if world > 1:
        model = distributed(plain, options.variant)
    images, labels = load(options.data, "train", plain)
    test = load(options.data, "t10k", plain) if options.every else None
    optimizer = torch.optim.SGD(model.parameters(), lr=0.02, momentum=0.9)
    order = torch.Generator().manual_seed(options.seed)
    per_epoch = len(images) // options.batch
    times: list[float] = []
    accuracies: list[tuple[int, float]] = []
    for step in range(options.steps):
        if step % per_epoch == 0:
            permutation = torch.randperm(len(images), generator=order)
        begin = time.perf_counter()
        first = step % per_epoch * options.batch
        mine = permutation[first : first + options.batch].chunk(world)[rank]
        optimizer.param_groups[0]["lr"] = 0.02 * math.sqrt(max(0, 1 - step / options.schedule))
        optimizer.zero_grad(set_to_none=True)
        F.cross_entropy(model(images[mine]), labels[mine]).backward()
        optimizer.step()
        times.append((time.perf_counter() - begin) * 1000)
        if options.every and (step + 1) % options.every == 0:
            # Each rank judges its part of the test set; all get the same sum.
            correct = torch.tensor(accuracy(plain, *(part.chunk(world)[rank] for part in test)))
            dist.all_reduce(correct)
            accuracies.append((step + 1, float(correct) / world))
            if accuracies[-1][1] >= options.target:
                break
    if rank == 0:
        print(json.dumps({"stepMs": times, "accuracies": accuracies}))
    dist.destroy_process_group()


main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], Options(**json.loads(sys.argv[5])))
