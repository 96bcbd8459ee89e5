"""The entrypoint of an HTTP call: checks what was declared, then runs the method."""

import re
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import eventlet
from eventlet.event import Event
from nameko.web.handlers import HttpRequestHandler
from werkzeug.routing import Rule
from werkzeug.wrappers import Response

from contracts.errors import Code, PstError, Rejected, Unavailable
from gateway import beats, body, correlation, headers, responses
from gateway.application import ApiRequest
from gateway.auth import Identity
from gateway.call import ANYONE, Afterwards, Answer, Call, caller_of, wish_of
from gateway.declaration import Declaration
from gateway.inputs import Inputs
from gateway.rate_limit import source_of
from gateway.server import ApiServer
from kernel.clock import monotonic

_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""Ids are opaque to callers; none of ours is longer or stranger than this."""

Method = TypeVar("Method", bound=Callable[..., Any])


class Route(HttpRequestHandler):
    """Runs a method with a `Call` for each request that keeps to the declaration."""

    server = ApiServer()

    def __init__(self, declaration: Declaration) -> None:
        super().__init__(declaration.method, declaration.rule, expected_exceptions=PstError)
        self.declaration = declaration
        self._path = declaration.path_schema() if declaration.path_schema else None
        self._query = declaration.query()
        self._body = declaration.body()

    def get_url_rule(self) -> Rule:
        """Return the address for werkzeug's map."""
        return Rule(self.url, methods=[self.method], endpoint=self)

    def handle_request(self, request: ApiRequest, path: dict[str, Any]) -> Response:
        """Check the request and run the method; raises what stands against it."""
        call = self._call(request, self._admit(request), path)
        if self.declaration.roles:
            call.check_office()
        began = monotonic()
        try:
            result = self._run(call)
        finally:
            if self.declaration.discreet:
                eventlet.sleep(beats.left(monotonic() - began))
        if isinstance(result, Afterwards):
            result = result.do()
        if isinstance(result, Response):
            return result
        return responses.from_answer(result if isinstance(result, Answer) else Answer(result))

    def _admit(self, request: ApiRequest) -> Identity:
        caller = request.caller
        if not self.declaration.roles:
            return ANYONE if isinstance(caller, Rejected) else caller
        if isinstance(caller, Rejected):
            raise caller
        if caller.role not in self.declaration.roles:
            raise Rejected(Code.WRONG_ROLE, f"Not for the role {caller.role}.")
        return caller

    def _call(self, request: ApiRequest, identity: Identity, path: dict[str, Any]) -> Call:
        inputs = Inputs()
        parameters = self._parameters(inputs, path)
        query = inputs.take_text(self._query, request.args.lists())
        caller = caller_of(identity, request.correlation_id)
        said: dict[str, Any] = {}
        if self.declaration.writes:
            _check_coding(request)
            given = {} if request.incoming else _json_body(request)
            said = inputs.take(self._body, given)
            key = headers.idempotency_key(request.headers)
            caller |= wish_of(identity, f"{request.method} {request.path}", key, given)
        if self.declaration.conditional:
            caller["expected_version"] = headers.expected_version(request.headers)
        inputs.check()
        seen = request.headers.get(headers.LAST_EVENT_ID, "")
        return Call(
            identity,
            caller,
            parameters,
            query,
            said,
            seen,
            source_of(request.remote_addr),
            request.incoming or (),
        )

    def _parameters(self, inputs: Inputs, path: dict[str, Any]) -> dict[str, Any]:
        if self._path is None:
            if not all(map(_ID.fullmatch, path.values())):
                raise Rejected(Code.NOT_FOUND)
            return dict(path)
        return inputs.take_text(self._path, ((name, [str(word)]) for name, word in path.items()))

    def _run(self, call: Call) -> Any:
        done = Event()
        self.container.spawn_worker(
            self,
            (call,),
            {},
            context_data={correlation.KEY: call.caller["correlation_id"]},
            handle_result=partial(self.handle_result, done),
        )
        try:
            return done.wait()
        except PstError:
            raise
        except Exception as error:  # nameko has logged it
            raise Unavailable from error


def _check_coding(request: ApiRequest) -> None:
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise Rejected(Code.UNSUPPORTED_MEDIA_TYPE, "Send the body without a content coding.")


def _json_body(request: ApiRequest) -> dict[str, Any]:
    if request.payload and request.mimetype != "application/json":
        raise Rejected(Code.UNSUPPORTED_MEDIA_TYPE, "Send the body as application/json.")
    return body.parse(request.payload)


def route(method: str, path: str, **declared: Any) -> Callable[[Method], Method]:
    """Decorate a service method: `@route("GET", "/v1/…", roles=…, answers={200: …})`."""
    decorator: Callable[[Method], Method] = Route.decorator(
        Declaration(method=method, path=path, **declared)
    )
    return decorator
