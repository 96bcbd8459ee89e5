"""The last page of the tour: where to go from here."""

from deploy.demo import tool
from deploy.demo.system import OFFICE
from deploy.demo.tour import Tour
from deploy.paths import shown

ANSWER_RIAN = """\
TOKEN=$({before}{pst} token \\
  --role officer --office {office} --sub budi)
RIAN={address}/v1/consultations/{about}
curl -s $RIAN/messages \\
  -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
  -d '{{"text": "Ada, Rian: tabel 3.2 memuat penduduk menurut umur."}}'
"""


def play(tour: Tour, waiting: str | None) -> None:
    """Say where to go; `waiting` is the consultation that still waits for an answer."""
    address, run_dir = tour.system.api.address, tour.system.run_dir
    mails = shown(run_dir / "mail" / "new") if tour.mailbox.exists else "went to PST_SMTP_URL"
    tour.screen.pause(1)
    tour.screen.part("Where to go from here")
    tour.screen.gap()
    tour.screen.pairs(
        ("the API, to read and to try", f"{address}/docs"),
        ("what an operator can do", f"{tool.typed('--help')}"),
        ("the e-mails, with their HTML", mails),
        ("what the services say", shown(run_dir / "log")),
        ("how it is made, and why", "README.md, docs/adr/"),
    )
    if waiting is not None:
        _rian_waits(tour, waiting)


def _rian_waits(tour: Tour, waiting: str) -> None:
    tour.screen.gap()
    tour.screen.say(
        "The clock stays where it is now: time only moves forward. Rian still waits for an"
        " answer. Paste this to give him one:",
        margin="",
    )
    tour.screen.gap()
    words = {
        "before": tool.for_this_run_dir(),
        "pst": tool.typed(),
        "office": OFFICE,
        "address": tour.system.api.address,
        "about": waiting,
    }
    tour.screen.raw(ANSWER_RIAN.format(**words))
