"""Gives the service its catalogue: made when it starts, kept up while it runs."""

from datetime import timedelta
from typing import Any

import eventlet
import structlog
from nameko import config

from contracts.errors import Unavailable
from host.entrypoints import OnRuntime
from kernel.clock import monotonic
from kernel.database import AWAY
from services.consultation.catalogue.cache import Cache
from services.consultation.catalogue.channels.web_api import WebApi
from services.consultation.catalogue.following import Following
from services.consultation.catalogue.index import AnswerIndex
from services.consultation.catalogue.lookup import Lookup
from services.consultation.catalogue.search import Search
from services.consultation.catalogue.views import ANSWERS
from services.consultation.catalogue.words import Stemmer

log = structlog.get_logger()

LOOK_S = 0.5
AGAIN_S = 2.0
SWEEP_S = 600.0


class Catalogue(OnRuntime):
    """`catalogue.find(office, asked, now)`; one index, lookup and cache a process."""

    def start(self) -> None:
        """Make the parts, and follow the answers from now on."""
        settings, runtime = config["settings"], self.shared.runtime
        keep = timedelta(hours=settings.webapi_cache_hours)
        self._cache = Cache(runtime.db, runtime.vault, keep)
        lookup = None
        if settings.webapi_key:
            api = WebApi(settings.webapi_url, settings.webapi_key)
            lookup = Lookup(api, self._cache, settings.webapi_pause)
        index = AnswerIndex(Stemmer())
        self._search = Search(index, lookup)
        self._following = Following(index, runtime.view(ANSWERS), runtime.log.known_beyond)
        self._prepared, self._sweep_at, self._stopping = False, monotonic() + LOOK_S, False
        self.container.spawn_managed_thread(self._run, identifier="catalogue")

    def stop(self) -> None:
        """Follow no more."""
        self._stopping = True

    def get_dependency(self, _worker_ctx: Any) -> Search:
        """Return what is searched with."""
        return self._search

    def _run(self) -> None:
        while not self._stopping:
            try:
                self._following.step()
                self._sweep()
                eventlet.sleep(LOOK_S)
            except (Unavailable, *AWAY) as error:
                log.warning("waiting", step="catalogue", error=type(error).__name__)
                eventlet.sleep(AGAIN_S)
            except Exception:  # a fault of ours must not end the service
                log.exception("step_failed", step="catalogue")
                eventlet.sleep(AGAIN_S)

    def _sweep(self) -> None:
        """Now and then, if leader."""
        if monotonic() < self._sweep_at:
            return
        if not self._prepared:
            self._cache.prepare()
            self._prepared = True
        runtime = self.shared.runtime
        if runtime.leads():
            self._cache.sweep(runtime.clock.now())
        self._sweep_at = monotonic() + SWEEP_S
