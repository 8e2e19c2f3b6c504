"""Fixed points of the GRU of the tests, by descent."""

import json
import pathlib
import struct

import numpy as np
import torch
from fixed_points_by_descent import STARTS, noise, search
from timing import once

FILE = pathlib.Path(__file__).parents[2] / "tests" / "pytorch" / "flipflop_gru16.safetensors"


def tensors(path):
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    body = data[8 + length :]
    return {
        name: np.frombuffer(body[slice(*entry["data_offsets"])], "<f4").reshape(entry["shape"]).copy()
        for name, entry in header.items()
        if name != "__metadata__"
    }


def cell():
    weights = {name.split(".")[-1]: torch.tensor(value) for name, value in tensors(FILE).items()}
    gru = torch.nn.GRUCell(3, 16)
    gru.load_state_dict({name.removesuffix("_l0"): weights[name] for name in weights if name.endswith("_l0")})
    return gru.requires_grad_(False)


def work():
    gru, inputs = cell(), torch.zeros(STARTS, 3)
    # Random states in the cube that holds all of them.
    return search(lambda x: gru(inputs[: len(x)], x), noise(16) / np.sqrt(3.0))


if __name__ == "__main__":
    once(work)
