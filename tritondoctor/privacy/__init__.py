"""What may leave the doctor: one room for secrets, names of variables, and characters; a leaf."""
