"""Many hosts: read their reports, group them by cause, and compare them with each other."""
