"""The cause in what package managers print: real output of conda 26.7, conda-lock 4, micromamba, pip."""

from __future__ import annotations

import pytest

from tritondoctor.remedies.manager_errors import cause_of
from tritondoctor.remedies.transaction import overridden_pin

PINNED = """{
  "allow_retry": false,
  "error": "SpecsConfigurationConflictError: Requested specs conflict",
  "exception_name": "SpecsConfigurationConflictError",
  "message": "Requested specs conflict with configured specs.\\n  requested specs: \\n    - libstdcxx-ng[version='>=12']\\n  pinned specs: \\n    - libstdcxx-ng[version='<10']\\nUse 'conda config --show-sources' to look for 'pinned_specs' and 'track_features'\\nconfiguration parameters.\\n"
}
"""  # noqa: E501
IMPOSSIBLE = """ERROR: Cannot install jax==0.10.2, numpy<2 and nvidia-pytriton==0.7.0 because these \
package versions have conflicting dependencies.
ERROR: ResolutionImpossible: for help visit https://pip.pypa.io/en/latest/topics/dependency-resolution/
"""
NETWORK = """
CondaHTTPError: HTTP 000 CONNECTION FAILED for url <https://conda.example/linux-64/repodata.json>
Elapsed: -

An HTTP error occurred when trying to retrieve this URL.
HTTP errors are often intermittent, and a simple retry will get you on your way.
'https//conda.example/linux-64'
"""
SHADOW = """Traceback (most recent call last):
  File "/opt/conda/bin/conda", line 12, in <module>
    from conda.cli import main
  File "/home/u/requests.py", line 1, in <module>
    raise RuntimeError("shadow")
RuntimeError: shadow

An unexpected error has occurred. Conda has prepared the above report.
If you suspect this error is being caused by a malfunctioning plugin,
consider using the --no-plugins option to turn off plugins.

Example: conda --no-plugins install <package>

Example: CONDA_NO_PLUGINS=true conda install <package>
"""
CONFLICT = """
UnsatisfiableError: Conda could not find a compatible set of packages to satisfy the specifications.

Cause: Some requested packages have conflicting version constraints
Next steps:
  - (check_pinned_packages) Check for pinned packages:
      conda config --show pinned_packages
  - (update_conda) Update conda and try again:
      conda update conda
"""
LOCK = """Locking dependencies for ['linux-64']...
Could not lock the environment for platform linux-64
    Command: ['/opt/conda/bin/conda', 'create', '--dry-run', '--json']
    STDOUT:
{
  "error": "CondaValueError: solver backend",
  "message": "You have chosen a non-default solver backend (libmamba) but it was not recognized."
}

Traceback (most recent call last):
  File "conda_solver.py", line 336, in solve_specs_for_arch
    proc.check_returncode()
subprocess.CalledProcessError: Command '['/opt/conda/bin/conda']' returned non-zero exit status 1.
"""
MICROMAMBA = """error    libmamba Could not solve for environment specs
    The following package could not be installed
    └─ nothing-like-this =* * does not exist (perhaps a typo or a missing channel).
critical libmamba Could not solve for environment specs
"""
ABSENT = """
PackagesNotFoundError: The following packages are not available from current channels:

  - libstdcxx-ng[version='<12,>=12']

Current channels:

  - https://conda.example

To search for alternate channels that may provide the conda package you're looking for, navigate to
"""
TERMS = """
CondaToSNonInteractiveError: Terms of Service have not been accepted for the following channels. \
Please accept or remove them before proceeding:
    - https://repo.anaconda.com/pkgs/main

To accept these channels' Terms of Service, run the following commands:
    conda tos accept --override-channels --channel https://repo.anaconda.com/pkgs/main
"""
#: `channels: [a` in ~/.condarc
CONDARC = """{
  "error": "ParserError('while parsing a flow sequence', <ruamel.yaml.error.FileMark object at 0x7f>)",
  "exception_name": "ParserError",
  "traceback": "Traceback (most recent call last):\\n  File \\"conda/exception_handler.py\\", line 30, in __call__\\n    return func(*args, **kwargs)\\nruamel.yaml.parser.ParserError: while parsing a flow sequence\\n  in \\"/home/u/.condarc\\", line 1, column 11\\nexpected ',' or ']', but got ':'\\n  in \\"/home/u/.condarc\\", line 2, column 6\\n"
}
"""  # noqa: E501
#: `always_copy: perhaps` and `channel_priority: sometimes` there
VALUES = """{
  "error": "Multiple Errors Encountered.",
  "errors": [
    {"error": "CustomValidationError: Parameter", "message": "Parameter always_copy = 'perhaps' declared in <<merged>> is invalid.\\nThe value 'perhaps' cannot be boolified."},
    {"error": "CustomValidationError: Parameter", "message": "Parameter channel_priority = 'sometimes' declared in <<merged>> is invalid."}
  ],
  "exception_name": "MultiValidationError"
}
"""  # noqa: E501


@pytest.mark.parametrize(
    ("out", "err", "cause"),
    [
        (PINNED, "", "pinned specs: - libstdcxx-ng[version='<10']"),
        ("", NETWORK, "HTTP 000 CONNECTION FAILED for url <https://conda.example"),
        ("", SHADOW, "RuntimeError: shadow"),
        ("", CONFLICT, "UnsatisfiableError: Conda could not find a compatible set"),
        ("", LOCK, "solver backend (libmamba) but it was not recognized"),
        ("", MICROMAMBA, "Could not solve for environment specs The following package could not be"),
        ("", ABSENT, "available from current channels: - libstdcxx-ng[version='<12,>=12']"),
        ("", TERMS, "Terms of Service have not been accepted for the following channels"),
        ('{"success": false, "solver_problems": ["nothing provides x"]}', "", "nothing provides x"),
        (CONDARC, "", "ParserError: while parsing a flow sequence in \"/home/u/.condarc\", line 1"),
        (VALUES, "", "Parameter always_copy = 'perhaps' declared in <<merged>> is invalid"),
        (VALUES, "", "Parameter channel_priority = 'sometimes' declared"),
        ("", IMPOSSIBLE, "Cannot install jax==0.10.2, numpy<2 and nvidia-pytriton==0.7.0 because"),
        ("", "ERROR: Exception:\nERROR: No matching distribution for x\n", "No matching distribution"),
        ("", "first\nsecond\nthird\nfourth.\n", "second third fourth"),
        ("", "", "without a message"),
    ],
)  # fmt: skip
def test_cause(out: str, err: str, cause: str) -> None:
    found = cause_of(out, err)
    assert cause in found
    assert "\n" not in found and not found.endswith(".")
    for advice in (
        "intermittent",
        "conda config",
        "Example:",
        "update_conda",
        "Next steps",
        "tos accept",
    ):
        assert advice not in found


def test_long_ones_are_cut() -> None:
    assert len(cause_of("", "SomeError: " + "x" * 9000)) < 500


def test_a_pin_that_conda_overrides_is_named() -> None:
    """conda 26.7, classic solver, `pinned_packages` of ~/.condarc: a warning, exit code 0."""
    warning = (
        " WARNING conda.core.solve:_add_specs(949): pinned spec libstdcxx-ng[version='<12'] conflicts "
        "with explicit specs.  Overriding pinned spec.\n"
    )
    assert overridden_pin(warning) == "libstdcxx-ng[version='<12']"
    assert overridden_pin("pinned spec") == ""
