"""The operators' page, typed line by line against a running system."""

import os
import re
import subprocess

from tests.e2e.walk_in import BOOK, PEKANBARU, Office, next_nine
from tests.support import ROOT, Stack

PAGE = ROOT / "docs/operations.md"
RESTORE = "pst restore"
"""Typed last, in a system without data: by then there is a ledger of erasures for it."""


def test_every_line_of_the_page_does_what_it_says(stack: Stack, tmp_path):
    """Somebody is known, asks to see what is held, and to be forgotten; a day has been served."""
    served = served_day(stack)
    subject = stack.submit()["subject_id"]
    lines = re.findall(r"^pst .+$", PAGE.read_text(), re.MULTILINE)
    for line in sorted(lines, key=lambda line: line.startswith(RESTORE)):
        typed = line.replace("SUBJECT", subject).replace("/backup/", f"{tmp_path}/")
        typed = typed.replace("--date 2026-11-23", f"--date {served}")
        elsewhere = {"PST_DB_PREFIX": f"elsewhere_{subject[:8]}"}
        done = subprocess.run(
            typed,
            shell=True,
            cwd=tmp_path,
            env={
                **os.environ,
                **stack.env,
                **(elsewhere if line.startswith(RESTORE) else {}),
                "PATH": f"{ROOT}/.venv/bin:{os.environ['PATH']}",
            },
            input="y\n",
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, f"{line}: {done.stderr}"
    assert "Siti Rahma" in (tmp_path / "everything.json").read_text()
    assert "Siti Rahma" not in stack.pst("vault", "export", subject)


def served_day(stack: Stack) -> str:
    """Have somebody come, and be served; the date."""
    stack.travel_to(next_nine(stack, stack.settings.offices))
    office = Office(stack, PEKANBARU)
    office.issue()
    ticket = office.call_next("FO-1", stop="front_office").json()
    office.step(ticket, "register")
    office.step(ticket, "guest-book", BOOK)
    ticket = office.call_next("K-1").json()
    office.step(ticket, "start")
    office.step(ticket, "finish")
    return str(ticket["service_date"])
