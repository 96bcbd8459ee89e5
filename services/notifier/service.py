"""The notifier's entrypoints: events call for e-mails, dates deliver them."""

from dataclasses import replace
from functools import partial
from typing import Any

import structlog
from nameko import config
from nameko.extensions import DependencyProvider
from prometheus_client import Counter

from contracts.accounts import AboutRequest
from contracts.common import schema
from contracts.errors import Rejected, Unavailable
from host import held
from host.entrypoints import EventSourced, on_deadline, subscribe
from host.heard import origin
from host.rpc import ServiceRpc, rpc
from host.runtime import Wiring
from kernel.aggregate import Aggregate, Meta, Outcome
from kernel.clock import derive_id, pause
from kernel.database import AWAY
from kernel.deadlines import Deadline
from kernel.facts import Fact
from offices.provider import Offices, check_offices
from services.notifier import alarms, commands, decider, queries, state
from services.notifier.channels.email import EmailChannel
from services.notifier.events import NotificationRequested, Params, Template, WithheldBecause
from services.notifier.reactions import react
from services.notifier.schemas import TYPES
from services.notifier.views import VIEWS

log = structlog.get_logger()

NOTIFICATION = Aggregate("notification", decider.decide, state.evolve, state.State)

ALARMS = Aggregate("alarms", alarms.decide, alarms.evolve, alarms.State)

NOTIFICATIONS = Counter(
    "pst_notifications_total", "Facts of notifications, by template", ["template", "fact"]
)

RECORD_AGAIN_S = 1.0

_TOLD = ("notification_id", "template", "attempt", "error_code", "reason")


class Email(DependencyProvider):
    """Gives the service its way out."""

    def setup(self) -> None:
        self._channel = EmailChannel(config["settings"].smtp_url)

    def get_dependency(self, _worker_ctx: Any) -> EmailChannel:
        return self._channel


class NotifierService:
    """E-mails to service users and to the office: intent before, outcome after."""

    name = "notifier"
    checks = (check_offices,)
    needs = ("mongo_url", "master_key", "smtp_url")
    wiring = Wiring("notifier", TYPES, react, VIEWS)

    core = EventSourced()
    offices = Offices()
    consultation = ServiceRpc("consultation")
    queue = ServiceRpc("queue")
    email = Email()

    @subscribe("*.consultation.*", "*.queue.start_limit_breached", "*.queue.service_day_closed")
    def take(self, envelope: dict[str, Any]) -> None:
        """Write down which e-mails an event calls for; delivered twice, each is one intent."""
        if envelope["event"] == "subject_erased":
            held.tell_erased(self.core, envelope)
        wanted = commands.wanted(envelope["event"], envelope["data"], envelope["time"])
        if wanted is not None:
            self._request(derive_id(envelope["id"], wanted[0]), *wanted, envelope)
        for template, params in commands.told_to_office(envelope, self.offices):
            each = derive_id(envelope["id"], template, str(params.address_no))
            self._request(each, template, params, envelope)

    @rpc
    def export_person(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return all e-mails about matters of who asks, whom the gateway vouches for."""
        asked = schema(AboutRequest).load(request)
        return queries.held_about(self.core, asked["caller"]["id"], asked["about"])

    def _request(
        self, notification_id: str, template: Template, params: Params, envelope: dict[str, Any]
    ) -> None:
        command = commands.RequestNotification(
            now=self.core.clock.now(),
            notification_id=notification_id,
            template=template,
            about=envelope["subject"],
            params=params,
        )
        self._handle(notification_id, command, origin(envelope, self.name, notification_id))

    @on_deadline
    def deliver(self, deadline: Deadline) -> None:
        """Try once, and record what came of it: the decider alone knows what follows.

        Raises `Unavailable`, to be called again soon, while the service that is asked is away, or
        if the try is another process's by now.
        """
        owed = self._owed(deadline)
        if owed is None:  # done with, or a later try is set already
            return
        result, attempt = self._try(owed, deadline), deadline.data["attempt"]
        command = commands.ReportDelivery(now=self.core.clock.now(), attempt=attempt, result=result)
        self._record(deadline, command)

    def _owed(self, deadline: Deadline) -> state.Owed | None:
        known = self.core.commands.state(NOTIFICATION, deadline.key)
        return known.state.owed_at(deadline.data["attempt"])

    def _try(self, owed: state.Owed, deadline: Deadline) -> commands.Result:
        caller = {
            "role": "system",
            "id": self.name,
            "correlation_id": deadline.correlation_id,
        }
        owners = queries.Owners(self.consultation, self.queue)
        office = self.offices[deadline.office]
        try:
            dossier = queries.dossier(owed.request, office, owners, caller)
        except Rejected as refusal:
            return commands.Refused(str(refusal.code), permanent=True)
        reason = decider.reason_to_withhold(owed.request, dossier, self.core.clock.now())
        if reason is None and owed.request.template is Template.MEETING_CANCELLED:
            reason = self._uninvited(owed.request)
        if reason is not None:
            return commands.Withheld(reason)
        if owed.request.template is Template.START_LIMIT_BREACHED:
            held_back = self._held_back(owed.request, dossier["late"]["version"], deadline)
            if held_back is not None:
                return held_back
        last_look = partial(self._last_look, deadline)
        result = self.email.deliver(owed, dossier, office, last_look)
        if isinstance(result, commands.Refused):
            return replace(result, subject_id=queries.person_of(dossier))
        return result

    def _uninvited(self, request: NotificationRequested) -> WithheldBecause | None:
        """Return why nobody is told that a meeting is off: no invitation to it has left.

        Raises `Unavailable` while one may be leaving.
        """
        invited = queries.invited(self.core, request)
        if invited is None:
            raise Unavailable("an invitation may be leaving at this moment")
        return None if invited else WithheldBecause.OUTDATED

    def _held_back(
        self, request: NotificationRequested, seen: int, deadline: Deadline
    ) -> commands.Withheld | commands.Postponed | None:
        """Write down that an alarm leaves; return why it does not."""
        command = alarms.RaiseAlarm(
            now=self.core.clock.now(),
            notification_id=request.notification_id,
            breach=request.params.sequence or 0,
            seen=seen,
        )
        key = f"{deadline.office}-{request.params.service_date}-{request.params.address_no}"
        meta = deadline.meta().caused(derive_id(deadline.command_id, "alarm"))
        outcome: Outcome[alarms.State] = self.core.commands.handle(ALARMS, key, command, meta)
        return alarms.held_back(command, outcome.state)

    def _last_look(self, deadline: Deadline) -> None:
        """Let nothing go that another process sends: since we asked, we may have been frozen."""
        if not self.core.leads() or self._owed(deadline) is None:
            raise Unavailable("another process has taken over")

    def _record(self, deadline: Deadline, command: commands.ReportDelivery) -> None:
        """Do not let go of an outcome while the database is away: forgotten, it is sent again."""
        while True:
            try:
                return self._handle(deadline.key, command, deadline.meta())
            except (Unavailable, *AWAY) as error:
                log.warning("waiting_to_record", error=type(error).__name__)
                pause(RECORD_AGAIN_S)

    def _handle(self, key: str, command: commands.Command, meta: Meta) -> None:
        outcome: Outcome[state.State] = self.core.commands.handle(NOTIFICATION, key, command, meta)
        if not outcome.replayed:
            for fact in outcome.facts:
                _tell(fact)


def _tell(fact: Fact) -> None:
    """Say it to the operators: ids and codes only."""
    event = fact.event
    NOTIFICATIONS.labels(event.template, fact.name).inc()
    level = {"notification_failed": "error", "delivery_deferred": "warning"}.get(fact.name, "info")
    words = {n: getattr(event, n) for n in _TOLD if hasattr(event, n)}
    getattr(log, level)(fact.name, **words)
