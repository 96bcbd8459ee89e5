"""What crosses a process: request and event shapes, error codes, topology. No logic."""
