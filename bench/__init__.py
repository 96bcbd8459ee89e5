"""Measured comparisons with named peers: `make bench`. Never part of the tests."""
