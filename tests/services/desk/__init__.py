"""A service of the tests' own, run by `host.serve` like any other."""
