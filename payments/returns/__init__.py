"""Goods that come back from shoppers, and refunds that partners ask the company for."""
