"""The epoch in numpy with 1024 units."""

from bptt_epoch import main

main(1024)
