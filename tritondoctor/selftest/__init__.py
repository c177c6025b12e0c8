"""The self-test: start a real PyTriton in the target, send requests, compare the answers.

The entry is `runner.run`.  This module imports nothing, because the supervisor starts from this package
with the standard library alone.
"""
