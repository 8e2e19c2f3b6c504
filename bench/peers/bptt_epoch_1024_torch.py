"""The epoch in PyTorch with 1024 units."""

from bptt_epoch_torch import main

main(1024)
