"""The environment doctor and installer for NVIDIA PyTriton."""

__version__ = "0.1.0"
