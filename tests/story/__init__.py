"""A random life of two stores, held against a second bookkeeping in plain Python."""
