"""The page that shows the OpenAPI document: Swagger UI, everything from this server."""

from functools import cache
from importlib.resources import files
from mimetypes import guess_type

import swagger_ui_bundle  # type: ignore[import-untyped]
from werkzeug.wrappers import Response

from contracts.errors import Code, Rejected

_OURS = files("gateway") / "docs"
_ASSETS = {
    "docs.css": _OURS,
    "docs.js": _OURS,
    "swagger-ui.css": swagger_ui_bundle.swagger_ui_path,
    "swagger-ui-bundle.js": swagger_ui_bundle.swagger_ui_path,
    "favicon-32x32.png": swagger_ui_bundle.swagger_ui_path,
}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


def page() -> Response:
    """Return the page."""
    policy = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-cache"}
    return Response(_read("index.html"), headers=policy, content_type="text/html; charset=utf-8")


def asset(name: str) -> Response:
    """Return one of the files the page is made of; raise `Rejected` (not_found) for another."""
    if name not in _ASSETS:
        raise Rejected(Code.NOT_FOUND, "No such file.")
    kept = {"Cache-Control": "public, max-age=3600"}
    return Response(_read(name), headers=kept, content_type=guess_type(name)[0])


def way_to() -> Response:
    """Return the way to the page."""
    return Response(status=302, headers={"Location": "/docs", "Cache-Control": "no-store"})


@cache
def _read(name: str) -> bytes:
    content: bytes = (_ASSETS.get(name, _OURS) / name).read_bytes()
    return content
