"""`pst`: what an operator does from a terminal. One file a group of commands."""
