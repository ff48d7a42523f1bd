"""The built-in programs' models in PyTorch, with the same initial scheme: truncated Glorot normal weights, zero biases."""

import math

import torch
import torch.nn.functional as F
from torch import nn


class LeNet(nn.Module):
    """trainer/programs/lenet.ts: 1,256,080 parameters on 28x28x1."""

    image = (1, 28, 28)

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 20, 5, padding="same")
        self.conv2 = nn.Conv2d(20, 50, 5, padding="same")
        self.dense1 = nn.Linear(50 * 7 * 7, 500)
        self.logits = nn.Linear(500, 10)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        return self.logits(F.relu(self.dense1(x.flatten(1))))


class Mlp(nn.Module):
    """trainer/programs/mlp.ts: 784-300-100-10."""

    image = (1, 28, 28)

    def __init__(self):
        super().__init__()
        self.dense1, self.dense2, self.logits = nn.Linear(784, 300), nn.Linear(300, 100), nn.Linear(100, 10)

    def forward(self, x):
        return self.logits(F.relu(self.dense2(F.relu(self.dense1(x.flatten(1))))))


class CifarNet(nn.Module):
    """trainer/programs/cifarnet.ts: 1,068,298 parameters on 24x24x3."""

    image = (3, 24, 24)

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 5, padding="same")
        self.conv2 = nn.Conv2d(64, 64, 5, padding="same")
        self.norm = nn.LocalResponseNorm(9, alpha=0.001, beta=0.75, k=1)
        self.dense1, self.dense2, self.logits = nn.Linear(64 * 6 * 6, 384), nn.Linear(384, 192), nn.Linear(192, 10)

    def forward(self, x):
        # SAME padding of a 3/2 pool on an even side adds a row and a column at the end.
        pool = lambda y: F.max_pool2d(F.pad(y, (0, 1, 0, 1), value=-math.inf), 3, 2)  # noqa: E731
        x = self.norm(pool(F.relu(self.conv1(x))))
        x = pool(self.norm(F.relu(self.conv2(x))))
        return self.logits(F.relu(self.dense2(F.relu(self.dense1(x.flatten(1))))))


MODELS = {"lenet": LeNet, "mlp": Mlp, "cifarnet": CifarNet}


def build(name: str, seed: int) -> nn.Module:
    torch.manual_seed(seed)
    model = MODELS[name]()
    for weight in model.parameters():
        if weight.dim() == 1:
            nn.init.zeros_(weight)
            continue
        fan_in, fan_out = nn.init._calculate_fan_in_and_fan_out(weight)
        deviation = math.sqrt(2 / (fan_in + fan_out))
        nn.init.trunc_normal_(weight, std=deviation, a=-2 * deviation, b=2 * deviation)
    return model
