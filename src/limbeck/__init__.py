"""Limbeck: a model, your knowledge and a budget in; a small cited assistant out."""
