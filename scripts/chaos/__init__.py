"""Killing processes while money moves, and counting it after: `make chaos`."""
