"""What HTTP adds to the queue service: a holder's token, and the headers of answers."""

import hashlib
import hmac
from typing import Any

import nameko
from nameko.extensions import DependencyProvider

from gateway.call import Answer, Call

Result = dict[str, Any]

DIGEST = 16


class TicketTokens(DependencyProvider):
    """Makes and knows the token that is given out with a number.

    It is made of the ticket's id and the key of the services' calls: nothing is stored, a repeat
    gets the same, and it ends with that key, which outlives any day.
    """

    def setup(self) -> None:
        """Take the key."""
        self._key: bytes = nameko.config["settings"].rpc_key

    def get_dependency(self, _worker_ctx: Any) -> "TicketTokens":
        """Return them."""
        return self

    def of(self, ticket_id: str) -> str:
        """Return the token of a ticket."""
        made = hashlib.blake2b(
            ticket_id.encode(), key=self._key, digest_size=DIGEST, person=b"pst track token"
        )
        return made.hexdigest()

    def request(self, call: Call) -> dict[str, Any]:
        """Return the call as the service takes it; `holds_token` tells whether it came with it."""
        request, token = dict(call.request), call.query["token"]
        del request["token"]
        known = self.of(call.path["ticket_id"])
        holds = token is not None and hmac.compare_digest(token.encode(), known.encode())
        return request | {"holds_token": holds}


def issued(result: Result, tokens: TicketTokens) -> Answer:
    """Answer with the new ticket, where it is, and its token."""
    ticket = result["ticket"]
    place = {"Location": f"/v1/tickets/{ticket['ticket_id']}"}
    payload = {**ticket, "track_token": tokens.of(ticket["ticket_id"])}
    return Answer(payload, 201, _headers(result, ticket) | place)


def called(result: Result) -> Answer:
    """Answer with who was called; 204 if nobody waits."""
    return changed(result) if result["ticket"] else Answer(None, 204)


def changed(result: Result) -> Answer:
    """Answer with the ticket as it now stands."""
    return Answer(result["ticket"], headers=_headers(result, result["ticket"]))


def shown(result: Result) -> Answer:
    """Answer with the ticket and its version."""
    return Answer(result["ticket"], headers=_etag(result["ticket"]))


def day(result: Result) -> Answer:
    """Answer with the day as it now stands."""
    return Answer(result["day"], headers=_headers(result, result["day"]))


def queue(result: Result) -> Answer:
    """Answer with the queue or the board, and the version of its day."""
    return Answer(result, headers=_etag(result))


def _headers(result: Result, resource: Result) -> dict[str, str]:
    replayed = {"Idempotency-Replayed": "true"} if result["replayed"] else {}
    return _etag(resource) | replayed


def _etag(resource: Result) -> dict[str, str]:
    return {"ETag": f'"{resource["version"]}"'}
