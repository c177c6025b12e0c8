"""The test matrix of docker/matrix.toml: built, predicted, really started, repaired, started again."""
