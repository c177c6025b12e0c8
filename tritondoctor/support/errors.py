"""Errors with a message for the user; `cli.main` prints it and ends with the exit code."""

from __future__ import annotations


class DoctorError(Exception):
    """What keeps a command from doing its work; the message says what is wrong and what to do."""

    exit_code = 1


class UsageError(DoctorError):
    """Wrong usage: an option, a file or a setting that cannot be used as given."""

    exit_code = 2
