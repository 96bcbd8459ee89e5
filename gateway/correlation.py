"""The correlation id in every log entry that is written while a call is worked on."""

import structlog
from nameko.containers import WorkerContext
from nameko.extensions import DependencyProvider

KEY = "correlation_id"


class Correlation(DependencyProvider):
    """Has the log say for which call a worker wrote."""

    def worker_setup(self, worker_ctx: WorkerContext) -> None:
        """Begin a worker; it runs in a context of its own, which ends with it."""
        structlog.contextvars.bind_contextvars(**{KEY: worker_ctx.data[KEY]})
