"""What stops a start."""


class Problem(Exception):
    """The text is one line: what is wrong, and what to do about it."""
