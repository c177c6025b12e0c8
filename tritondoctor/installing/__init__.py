"""New environments from recipes: suited to the machine, installed from locks, proved by a start."""

from tritondoctor.support.errors import DoctorError


class InstallError(DoctorError):
    """It cannot be done here; the message says why and what to do.  What was begun is kept."""
