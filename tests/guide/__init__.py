"""The worked examples of docs/prices.md, done with real stores."""
