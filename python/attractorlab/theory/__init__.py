"""What mean-field theory predicts, in the limit of many units."""

from attractorlab.theory import clamped, feedback

__all__ = ["clamped", "feedback"]
