"""Artifacts, the content-addressed store, budgets, units and errors: standard library only."""
