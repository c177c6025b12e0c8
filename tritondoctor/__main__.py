"""`python -m tritondoctor`."""

from tritondoctor.cli import main

main()
