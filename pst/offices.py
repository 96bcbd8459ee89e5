"""The offices of a system, for the tool."""

import click

from offices.office import Office, load_offices
from pst.system import System


def office_of(opened: System, office: str) -> Office:
    """Return an office; raise `BadParameter` for an unknown one."""
    known = load_offices(opened.settings.offices)
    if office not in known:
        raise click.BadParameter(f"there is no office {office!r}; known: {', '.join(known)}")
    return known[office]
