"""The optimal configuration of a user's own inference function: a race in one server.

The entry is `run.tune`.
"""
