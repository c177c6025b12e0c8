"""The proof: a real PyTriton is started in the target, asked, and compared.

`runner.run` is the way in.  Nothing is imported here: the supervisor starts from this package with
the standard library alone.
"""
