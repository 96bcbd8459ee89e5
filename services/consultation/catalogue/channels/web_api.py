"""One question to the Web API over HTTP: bounded in size, and followed nowhere else.

The key is in the path: no address is logged, quoted by an exception or kept. The client names
itself as the library does: BPS's firewall refuses names that it does not know (docs/adr/0033).
How long all of it may take is the caller's to say: a server that drips is cut off from outside.
"""

import logging
from http.cookiejar import DefaultCookiePolicy
from urllib.parse import quote

import requests
from requests.adapters import HTTPAdapter

from services.consultation.catalogue.channels.rows import Item, WebApiFailure, items

LANGUAGE = "ind"
SIZE_MAX = 1024 * 1024
PIECE = 64 * 1024
SILENCE_S = 2.0
"""A server that says nothing for so long is away, whatever the caller's patience."""

CONNECTIONS = 24

FAILED = {401: "refused", 403: "refused", 429: "too_many"}


class WebApi:
    """Asks `/v1/api/list` of one server with one key."""

    def __init__(self, url: str, key: str) -> None:
        logging.getLogger("urllib3").setLevel(logging.CRITICAL)  # it would log addresses
        self._root = url.rstrip("/")
        self._key = key
        self._session = requests.Session()
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(pool_maxsize=CONNECTIONS))

    def ask(self, model: str, domain: str, keyword: str) -> list[Item]:
        """Return the first page of what is listed under a keyword; raises `WebApiFailure`."""
        try:
            body = self._body(self._address(model, domain, keyword))
        except (requests.RequestException, OSError):  # their texts quote the address
            raise WebApiFailure("away") from None
        return items(model, body, self._key)

    def _body(self, address: str) -> bytes:
        with self._session.get(
            address, stream=True, allow_redirects=False, timeout=SILENCE_S
        ) as answer:
            if answer.status_code != requests.codes.ok:
                raise WebApiFailure(FAILED.get(answer.status_code, "failed"))
            body = bytearray()
            for piece in answer.iter_content(PIECE):
                body += piece
                if len(body) > SIZE_MAX:
                    raise WebApiFailure("too_large")
            return bytes(body)

    def _address(self, model: str, domain: str, keyword: str) -> str:
        words = {
            "model": model,
            "lang": LANGUAGE,
            "domain": domain,
            "keyword": keyword,
            "page": "1",
            "key": self._key,
        }
        path = "/".join(f"{name}/{quote(value, safe='')}" for name, value in words.items())
        return f"{self._root}/v1/api/list/{path}/"
