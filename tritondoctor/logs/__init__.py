"""What a log says: read within bounds, recognised by the checks' own signs, told as one cause."""
