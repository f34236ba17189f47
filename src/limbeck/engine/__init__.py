"""Run weights: prompt tokens in, next tokens out, the same on every engine."""
