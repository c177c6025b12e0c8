"""A server that already runs: its processes, metrics and threads, read only."""
