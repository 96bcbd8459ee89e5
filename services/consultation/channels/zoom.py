"""Zoom, as an account of the office ("server-to-server OAuth"): meetings of one host.

Our id of a meeting stands in its agenda, by which it is found again. No link, token or secret is
ever in an error or a log: errors carry the status, and what Zoom wrote is dropped.
Source: https://developers.zoom.us/docs/api/meetings/
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from marshmallow import EXCLUDE, Schema, ValidationError, fields
from requests.auth import AuthBase, HTTPBasicAuth

from contracts.common import schema
from kernel.clock import monotonic
from services.consultation.channels.provider import Made, MeetingGone, Plan, ProviderError

TIMEOUT_S = (3.0, 10.0)
"""For the connection, and for each wait for an answer."""

MARGIN_S = 60.0
"""A token is not used any more when it has so long to live."""

QUIET_S = 60.0
"""After "too many requests" that does not say until when."""

SCHEDULED = 2
PAGE = 300


class _Known(Schema):
    class Meta:
        unknown = EXCLUDE


class _TokenSchema(_Known):
    access_token = fields.String(required=True)
    expires_in = fields.Integer(required=True)


class _MeetingSchema(_Known):
    id = fields.Integer(required=True)
    join_url = fields.Url(required=True, schemes={"https", "http"}, require_tld=False)
    agenda = fields.String(load_default="")


class _PageSchema(_Known):
    meetings = fields.List(fields.Nested(_MeetingSchema), required=True)
    next_page_token = fields.String(load_default="")


@dataclass(frozen=True)
class _Bearer(AuthBase):
    """Given as `auth`, so that no `.netrc` takes its place."""

    token: str = field(repr=False)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.token}"
        return request


@dataclass(frozen=True)
class Account:
    """The office's app at Zoom."""

    account_id: str
    client_id: str
    client_secret: str = field(repr=False)


class Zoom:
    """Makes meetings of the account's own host (`me`)."""

    makes_links = True

    def __init__(
        self, account: Account, url: str, auth_url: str, now: Callable[[], float] = monotonic
    ) -> None:
        self._account = account
        self._url = url.rstrip("/")
        self._auth_url = auth_url.rstrip("/")
        self._now = now
        self._bearer: _Bearer | None = None
        self._bearer_until = self._quiet_until = 0.0

    def find(self, meeting_id: str) -> list[Made]:
        """Return the upcoming meetings whose agenda names ours."""
        found, page, seen = [], "", {""}
        while True:
            query = {"type": "upcoming", "page_size": PAGE, "next_page_token": page}
            listed = self._ask("GET", "/users/me/meetings", _PageSchema, params=query)
            found += [_made(m) for m in listed["meetings"] if _agenda(meeting_id) in m["agenda"]]
            page = listed["next_page_token"]
            if not page:
                return found
            if page in seen:  # it would go on for ever
                raise ProviderError("zoom_unreadable")
            seen.add(page)

    def create(self, plan: Plan) -> Made:
        """Make one that nobody can enter before its host."""
        settings = {"join_before_host": False, "waiting_room": True}
        words = {**_words(plan), "type": SCHEDULED, "settings": settings}
        return _made(self._ask("POST", "/users/me/meetings", _MeetingSchema, json=words))

    def update(self, provider_meeting_id: str, plan: Plan) -> None:
        """Move it."""
        self._ask("PATCH", f"/meetings/{provider_meeting_id}", json=_words(plan))

    def delete(self, provider_meeting_id: str) -> None:
        """Drop it; the letter about it is ours, so Zoom sends none."""
        silently = {"schedule_for_reminder": "false", "cancel_meeting_reminder": "false"}
        try:
            self._ask("DELETE", f"/meetings/{provider_meeting_id}", params=silently)
        except MeetingGone:
            return

    def _ask(
        self, method: str, path: str, shape: type[Schema] | None = None, **words: Any
    ) -> dict[str, Any]:
        """Call the API; a token that is refused is replaced once."""
        url = f"{self._url}{path}"
        answer = self._call(method, url, auth=self._token(), **words)
        if answer.status_code == requests.codes.unauthorized:
            self._bearer = None
            answer = self._call(method, url, auth=self._token(), **words)
        _check(answer)
        return {} if shape is None else _read(answer, shape)

    def _token(self) -> _Bearer:
        if self._bearer is None or self._now() >= self._bearer_until:
            words = {"grant_type": "account_credentials", "account_id": self._account.account_id}
            basic = HTTPBasicAuth(self._account.client_id, self._account.client_secret)
            answer = self._call("POST", f"{self._auth_url}/oauth/token", auth=basic, data=words)
            _check(answer)
            token = _read(answer, _TokenSchema)
            self._bearer = _Bearer(token["access_token"])
            self._bearer_until = self._now() + token["expires_in"] - MARGIN_S
        return self._bearer

    def _call(self, method: str, url: str, **words: Any) -> requests.Response:
        """Call once; nothing is called while Zoom wants to be left alone."""
        if self._now() < self._quiet_until:
            raise ProviderError("zoom_429")
        try:
            answer = requests.request(
                method, url, timeout=TIMEOUT_S, allow_redirects=False, **words
            )
        except requests.Timeout:
            raise ProviderError("zoom_timeout") from None
        except requests.RequestException:  # its text may name what was sent
            raise ProviderError("zoom_unreachable") from None
        if answer.status_code == requests.codes.too_many_requests:
            self._quiet_until = self._now() + _quiet_s(answer)
        return answer


def _words(plan: Plan) -> dict[str, Any]:
    return {
        "topic": plan.topic,
        "agenda": _agenda(plan.meeting_id),
        "start_time": plan.start.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "duration": (plan.end - plan.start) // timedelta(minutes=1),
        "timezone": plan.time_zone,
    }


def _agenda(meeting_id: str) -> str:
    return f"pst-meeting {meeting_id}"


def _made(meeting: dict[str, Any]) -> Made:
    return Made(str(meeting["id"]), meeting["join_url"])


def _check(answer: requests.Response) -> None:
    status = answer.status_code
    if status == requests.codes.not_found:
        raise MeetingGone("zoom_404")
    if not 200 <= status < 300:
        busy = status == requests.codes.too_many_requests or status >= 500
        raise ProviderError(f"zoom_{status}", permanent=not busy)


def _read(answer: requests.Response, shape: type[Schema]) -> dict[str, Any]:
    try:
        words: dict[str, Any] = schema(shape).load(answer.json())
    except (ValueError, ValidationError):  # both would quote it
        raise ProviderError("zoom_unreadable") from None
    return words


def _quiet_s(answer: requests.Response) -> float:
    """Return for how long Zoom wants to be left alone: seconds, or a date by its own clock."""
    said = answer.headers.get("Retry-After", "")
    if said.isdigit():
        return float(said)
    try:
        in_iso = said[:4].isdigit()
        until = datetime.fromisoformat(said) if in_iso else parsedate_to_datetime(said)
        return (until - parsedate_to_datetime(answer.headers["Date"])).total_seconds()
    except (KeyError, TypeError, ValueError):
        return QUIET_S
