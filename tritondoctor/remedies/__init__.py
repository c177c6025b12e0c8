"""What to do: plans that were tried on a model of the machine, applied under a journal, and undone."""
