"""Attacks and accidents that were tried on the doctor, each kept as a test."""
