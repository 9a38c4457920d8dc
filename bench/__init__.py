"""Measuring the figures that docs/figures.md promises: `make bench`, or `make bench ONLY=NAME`."""
