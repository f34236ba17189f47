"""Shrink an assistant until the exported file meets the budget."""
