"""What mean-field theory predicts, in the limit of many units."""

from attractorlab.theory import chaos, clamped, feedback, linear_learning, low_rank, output_dynamics, readouts

__all__ = ["chaos", "clamped", "feedback", "linear_learning", "low_rank", "output_dynamics", "readouts"]
