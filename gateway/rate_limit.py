"""How often one caller may call."""

from ipaddress import IPv6Address, ip_address, ip_network

from limits import RateLimitItem, parse_many
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from contracts.errors import Code
from gateway.errors import Refusal
from kernel.clock import Clock
from kernel.config import SettingsError


class RateLimit:
    """Counts per caller in this process; with several gateways each allows the full rate."""

    def __init__(self, rates: str, setting: str = "PST_RATE_LIMIT") -> None:
        self._rates: list[RateLimitItem] = _parse(rates, setting)
        self._windows = FixedWindowRateLimiter(MemoryStorage())
        self._clock = Clock()  # a real window also in a system that travels

    def count(self, caller: str) -> None:
        """Count one call; raise `Refusal` (rate_limited) if it is one too many."""
        for rate in self._rates:
            if not self._windows.hit(rate, caller):
                raise Refusal(
                    Code.RATE_LIMITED, f"At most {rate}.", Retry_After=self._wait(rate, caller)
                )

    def _wait(self, rate: RateLimitItem, caller: str) -> str:
        window_ends = self._windows.get_window_stats(rate, caller).reset_time
        return str(max(1, round(window_ends - self._clock.now().timestamp() + 0.5)))


def source_of(address: str | None) -> str:
    """Return where a call comes from, as far as one customer of a network has one address.

    Of IPv6 that is a network of 64 bits: who has one has more addresses than could be counted.
    """
    try:
        found = ip_address((address or "").partition("%")[0])
    except ValueError:
        return address or ""
    if isinstance(found, IPv6Address) and found.ipv4_mapped is None:
        return str(ip_network((found, 64), strict=False))
    return str(getattr(found, "ipv4_mapped", None) or found)


def _parse(rates: str, setting: str) -> list[RateLimitItem]:
    try:
        return parse_many(rates)
    except ValueError as error:
        raise SettingsError(f"{setting} is wrong: expected a rate like 200/second.") from error
