"""The WSGI application: what happens to every request, whatever its address."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import structlog
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.routing import Map, MapAdapter
from werkzeug.wrappers import Request, Response

from contracts.errors import Code, PstError, Rejected, Unavailable
from gateway import body, headers, responses
from gateway.auth import Identity
from gateway.errors import Refusal
from gateway.rate_limit import RateLimit, source_of
from kernel.clock import monotonic
from kernel.metrics import REQUEST_SECONDS, REQUESTS

log = structlog.get_logger()


class ApiRequest(Request):
    """A request as routes get it: its body is read, its caller recognised or known not to be.

    The body of a file is not read, but `incoming`.
    """

    correlation_id: str
    payload: bytes = b""
    incoming: body.Incoming | None = None
    caller: Identity | Rejected
    route: str = ""  # the address as declared, for logs and metrics: no ids


Match = tuple[Any, Mapping[str, Any]]
"""A route, and what the path says."""


class Application:
    """Takes each request to its route, and makes of every failure a problem document."""

    def __init__(
        self, routes: Map, identify: Callable[[str], Identity], rate_limit: RateLimit
    ) -> None:
        self._routes: MapAdapter = routes.bind("")
        self._identify = identify
        self._rate_limit = rate_limit

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request."""
        began = monotonic()
        request = ApiRequest(environ, populate_request=False)
        request.correlation_id = headers.correlation_id(
            request.headers.get(headers.CORRELATION_ID, "")
        )
        response = responses.finish(self._answer(request), request.correlation_id)
        _record(request, response, monotonic() - began)
        return response(environ, start_response)

    def _answer(self, request: ApiRequest) -> Response:
        try:
            match = self._match(request)
            self._read(request, match)
            self._recognise(request)
            return self._dispatch(request, match)
        except PstError as problem:
            return responses.from_problem(problem, request.correlation_id)
        except Exception:  # never let a stack trace out; the log has it, under the same id
            log.exception("unexpected", correlation_id=request.correlation_id)
            return responses.from_problem(Unavailable(), request.correlation_id)
        finally:
            if request.incoming and not request.incoming.ended:
                request.environ["pst.hang_up"]()

    def _match(self, request: ApiRequest) -> Match | HTTPException:
        try:
            found: Match = self._routes.match(request.path, method=request.method)
        except HTTPException as error:
            return error
        return found

    def _read(self, request: ApiRequest, match: Match | HTTPException) -> None:
        if not isinstance(match, HTTPException) and match[0].declaration.takes_file:
            request.incoming = body.Incoming(request.environ, match[0].declaration.takes_file)
            return
        try:
            request.payload = body.read(request.environ)
        except Rejected:
            request.environ["pst.hang_up"]()
            raise

    def _recognise(self, request: ApiRequest) -> None:
        try:
            request.caller = self._identify(request.headers.get("Authorization", ""))
            self._rate_limit.count(f"{request.caller.role} {request.caller.sub}")
        except Rejected as refusal:
            if refusal.code is not Code.UNAUTHENTICATED:
                raise
            request.caller = refusal  # not everything needs a token
            self._rate_limit.count(source_of(request.remote_addr))

    def _dispatch(self, request: ApiRequest, match: Match | HTTPException) -> Response:
        try:
            if request.method == "OPTIONS":
                return self._options(request)
            if isinstance(match, HTTPException):
                raise match
            route, path = match
        except NotFound as error:
            raise Rejected(Code.NOT_FOUND, "No such address.") from error
        except MethodNotAllowed as error:
            allowed = ", ".join(sorted({*(error.valid_methods or ()), "OPTIONS"}))
            raise Refusal(Code.METHOD_NOT_ALLOWED, f"Allowed: {allowed}.", Allow=allowed) from error
        request.route = route.declaration.path
        answer: Response = route.handle_request(request, path)
        return answer

    def _options(self, request: ApiRequest) -> Response:
        methods = set(self._routes.allowed_methods(request.path))
        if not methods:
            raise NotFound
        return Response(status=204, headers={"Allow": ", ".join(sorted(methods | {"OPTIONS"}))})


def _record(request: ApiRequest, response: Response, seconds: float) -> None:
    route = request.route or "none"
    method = request.method if request.route else "none"  # anyone may invent methods
    REQUESTS.labels(method, route, response.status_code).inc()
    REQUEST_SECONDS.labels(method, route).observe(seconds)
    log.info(
        "request",
        method=request.method,
        route=request.route,
        status=response.status_code,
        ms=round(seconds * 1000, 1),
        correlation_id=request.correlation_id,
    )
