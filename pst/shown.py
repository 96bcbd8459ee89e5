"""What came from elsewhere, made harmless for a terminal."""


def harmless(text: str) -> str:
    r"""Return a text with each character that is not printable written out, as `\x1b`.

    Among them are line ends and what turns the direction of writing.
    """
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
