"""What mean-field theory predicts, in the limit of many units."""

from attractorlab.theory import chaos, clamped, feedback, readouts

__all__ = ["chaos", "clamped", "feedback", "readouts"]
