"""What is kept of shoppers: giving it out, and erasing it when it is no longer needed.

- ``due``: until when an order says whose it is, and what it still waits for
- ``erasing``: at once, and later what had to wait
- ``giving``: everything in one file
- ``rooms``: what the rooms of orders and payments keep
"""
