"""Facts about releases, as data."""
