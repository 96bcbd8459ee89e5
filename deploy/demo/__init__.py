"""The guided tour of a running system: `make demo`."""
