"""Many hosts: their reports read, grouped by cause, and compared with each other."""
