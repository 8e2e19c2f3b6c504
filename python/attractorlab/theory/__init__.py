"""What mean-field theory predicts, in the limit of many units."""

from attractorlab.theory import clamped, feedback, output_dynamics

__all__ = ["clamped", "feedback", "output_dynamics"]
