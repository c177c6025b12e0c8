"""The command line: a module for each command or pair; each calls the rooms and chooses an exit code."""
