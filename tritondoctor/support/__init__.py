"""What every room may use: own files, bounded reads, children with a deadline. Imports none of them."""
