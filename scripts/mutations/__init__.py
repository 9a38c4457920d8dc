"""Take away each guard of the database in turn; a test of the suite must notice.

- ``guards``: every guard that the database has, each as the statement that takes it away
- ``judging``: running the tests against a database without one guard, two at a time
- ``__main__``: the whole run, a line for each guard and a summary
"""
