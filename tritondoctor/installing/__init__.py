"""New environments from recipes: chosen for the machine, installed from locks, verified by a start."""

from tritondoctor.support.errors import DoctorError


class InstallError(DoctorError):
    """The installation is not possible here; the message says why and what to do."""
