"""Tests of the self-test; those that start a real PyTriton carry the marker `truth`."""
