"""examination."""
