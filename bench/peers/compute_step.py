"""A training step of PyTorch on one thread: batch out of the data, gradient, momentum update. Prints one line of JSON.

    compute_step.py MODEL BATCH STEPS LAYOUT      LAYOUT: contiguous (PyTorch's default) or channels_last
"""

import json
import os
import sys
import time

os.environ.update(OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")

import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402

from models import build  # noqa: E402

WARM_UP_STEPS = 8


def main(name: str, batch: int, steps: int, layout: str) -> None:
    torch.set_num_threads(1)
    model = build(name, seed=1)
    if layout == "channels_last":
        model = model.to(memory_format=torch.channels_last)
    images, labels = torch.rand(16 * batch, *model.image), torch.randint(0, 10, (16 * batch,))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.001, momentum=0.9)

    def step(indices: torch.Tensor) -> float:
        begin = time.perf_counter()
        inputs = images[indices]
        if layout == "channels_last":
            inputs = inputs.contiguous(memory_format=torch.channels_last)
        optimizer.zero_grad(set_to_none=True)
        F.cross_entropy(model(inputs), labels[indices]).backward()
        optimizer.step()
        return (time.perf_counter() - begin) * 1000

    order = [torch.randperm(len(images))[:batch] for _ in range(WARM_UP_STEPS + steps)]
    times = [step(indices) for indices in order]
    print(json.dumps({"version": torch.__version__, "stepMs": times[WARM_UP_STEPS:]}))


name, batch, steps, layout = sys.argv[1:]
main(name, int(batch), int(steps), layout)
