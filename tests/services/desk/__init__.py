"""A service of the tests' own, run by `kernel.serve` like any other."""
