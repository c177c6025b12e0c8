"""Read a log within bounds, match its lines with signs, and name one cause."""
