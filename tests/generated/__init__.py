"""Environments composed by chance: built, predicted, started for real, compared, shrunk.

A seed gives a Python, a release of PyTriton and one to five atoms (`atoms/`): small changes of a
`Place`, harmful ones and harmless ones, which nobody has combined by hand.  No cause is declared for
what comes out, so what the doctor names is judged by mechanisms (`judge.py`, `causes.py`):

1. the verdict: it must equal what a real start of PyTriton does; for every environment.
2. the log of a start that failed, read with the doctor's own signs of logs (`tritondoctor/logs`): where
   it names a cause, the doctor must have named it beforehand; for every environment.  A log tells only
   of what the start came to first, so of several causes it vouches for one.
3. counterfactuals, for every N-th environment (`--share`) that fails: of each id that is named, the least
   set of atoms with which the doctor names it is looked for, by predictions alone, which are cheap.
   With that set alone a real start must fail, and its log must agree (the cause suffices); without the
   sets of all ids a real start must serve, or fail by what only then is named (there is no other cause).
   Both are judged as in 1 and 2, and starts that several environments share are made once.

What disagrees is shrunk to the fewest atoms that still show it, in the plainest Python and release, and
belongs, explained, into tests/truth/environments once the engine is mended.  Not composed, since the
doctor does not follow it: code that runs inside the interpreter and takes modules away, models of others
that fail by their own code, and a BASH_ENV whose commands fail under `set -e` or set limits.
"""
