"""What may be shown: secrets, names of variables, characters. A leaf."""
