"""New environments from recipes: suited to the machine, installed from locks, proved by a start."""


class InstallError(Exception):
    """It cannot be done here; the message says why and what to do.  What was begun is kept."""
