"""Incremental inference: what a mask does not change is not computed again. docs/incremental.md."""
