"""What is done when the date of a meeting's link comes; what is wanted is said by `links.py`."""

from typing import Any

import structlog
from nameko import config
from nameko.extensions import DependencyProvider

from contracts.errors import Rejected
from kernel.aggregate import Outcome
from kernel.clock import derive_id
from kernel.config import Settings, SettingsError
from kernel.deadlines import Deadline
from services.consultation import commands, links
from services.consultation.channels.provider import (
    Made,
    MeetingGone,
    MeetingProvider,
    NoProvider,
    Plan,
    ProviderError,
)
from services.consultation.channels.zoom import Account, Zoom
from services.consultation.entrypoints import CONSULTATION, Entrypoints
from services.consultation.state import State

log = structlog.get_logger()

TRIES = 5
"""So often, in a bit more than a minute, the provider is asked until an officer sees `failed`."""

ACCOUNT = ("zoom_account_id", "zoom_client_id", "zoom_client_secret")


def check_provider(settings: Settings) -> None:
    """Raise `SettingsError` for an account at Zoom of which not all is given."""
    if any(getattr(settings, name) for name in ACCOUNT):
        for name in ACCOUNT:
            if not getattr(settings, name):
                raise SettingsError(f"PST_{name.upper()} is not set, but others of Zoom are.")


def provider_of(settings: Settings) -> MeetingProvider:
    """Return who makes meetings: Zoom, if the office has an account there."""
    if not settings.zoom_account_id:
        return NoProvider()
    account = Account(*(getattr(settings, name) for name in ACCOUNT))
    return Zoom(account, settings.zoom_url, settings.zoom_auth_url)


class Provider(DependencyProvider):
    """Gives the service whoever makes its meetings."""

    def setup(self) -> None:
        self._provider = provider_of(config["settings"])

    def get_dependency(self, _worker_ctx: Any) -> MeetingProvider:
        return self._provider


class LinkService(Entrypoints):
    """Has the provider have what we have.

    What it made in vain is deleted, by a second look at the latest. Not guaranteed: what a process
    asks for that was frozen for longer than that, and killed before it could look again, stays.
    """

    provider = Provider()

    def link_came_due(self, deadline: Deadline) -> None:
        """Bring one meeting in line; raises `ProviderError`, to be called again in a while."""
        meeting_id = deadline.data["meeting_id"]
        known = self.core.commands.state(CONSULTATION, deadline.key).state
        if not links.concerns(known, meeting_id, self.core.clock.now()):
            return
        try:
            self._bring_in_line(deadline, known, meeting_id)
        except ProviderError as error:
            log.warning("provider_has_not", meeting_id=meeting_id, error_code=error.code)
            if error.permanent or deadline.failures + 1 >= TRIES:
                self._report_failure(deadline, meeting_id)
            raise

    def _bring_in_line(self, deadline: Deadline, known: State, meeting_id: str) -> None:
        ours = {made.provider_meeting_id: made for made in self.provider.find(meeting_id)}
        recorded = known.links[meeting_id].provider_meeting_id
        wanted, kept = links.wanted(known, meeting_id), None
        if wanted is not None:
            plan = self._plan(deadline, meeting_id, wanted)
            kept = recorded if recorded and self._moved(recorded, plan) else None
            if kept is None:
                ours.pop(recorded or "", None)
                made = self._found_or_made(list(ours.values()), plan)
                ours[made.provider_meeting_id] = made
                kept = self._recorded(deadline, meeting_id, made, recorded)
        elif recorded:
            self.provider.delete(recorded)
        for surplus in ours.keys() - {kept, recorded}:
            self.provider.delete(surplus)

    def _moved(self, provider_meeting_id: str, plan: Plan) -> bool:
        """Tell whether it is there, and now at its time."""
        try:
            self.provider.update(provider_meeting_id, plan)
        except MeetingGone:
            return False
        return True

    def _found_or_made(self, ours: list[Made], plan: Plan) -> Made:
        """Take what was made before we fell, so that it is not made twice."""
        if not ours:
            return self.provider.create(plan)
        self.provider.update(ours[0].provider_meeting_id, plan)
        return ours[0]

    def _plan(self, deadline: Deadline, meeting_id: str, wanted: links.Wanted) -> Plan:
        number = self.core.facts(deadline.stream)[0].event.number
        return Plan(
            meeting_id=meeting_id,
            topic=f"Konsultasi {number}",
            start=wanted.start,
            end=wanted.end,
            time_zone=self.offices[deadline.office].time_zone,
        )

    def _recorded(
        self, deadline: Deadline, meeting_id: str, made: Made, replaces: str | None
    ) -> str | None:
        """Write it down; return which one counts after that, None if none does any more."""
        command = commands.RecordLink(
            now=self.core.clock.now(),
            office=self.offices[deadline.office],
            meeting_id=meeting_id,
            provider_meeting_id=made.provider_meeting_id,
            join_url=made.join_url,
            replaces=replaces,
        )
        try:
            outcome = self._handle(deadline, command, made.provider_meeting_id)
        except Rejected:  # the person has been forgotten: nobody is to come
            return None
        after = links.wanted(outcome.state, meeting_id)
        return after.provider_meeting_id if after else None

    def _report_failure(self, deadline: Deadline, meeting_id: str) -> None:
        now, office = self.core.clock.now(), self.offices[deadline.office]
        command = commands.ReportLinkFailure(now=now, office=office, meeting_id=meeting_id)
        self._handle(deadline, command, "failed")

    def _handle(self, deadline: Deadline, command: commands.Timed, what: str) -> Outcome[State]:
        meta = deadline.meta().caused(derive_id(deadline.command_id, what))
        return self.core.commands.handle(CONSULTATION, deadline.key, command, meta)
