"""What a server counts, in the text format of Prometheus."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)  # seconds
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Requests and how long they took, by route. Counted in the event loop alone, so that nothing is locked."""

    def __init__(self) -> None:
        self._requests: Counter[tuple[str, int]] = Counter()
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._within: dict[str, list[int]] = {}

    def count(self, route: str, status: int, seconds: float) -> None:
        """Take note of a request that was answered."""
        self._requests[route, status] += 1
        self._seconds[route] += seconds
        within = self._within.setdefault(route, [0] * (len(BUCKETS) + 1))
        within[next((at for at, bound in enumerate(BUCKETS) if seconds <= bound), len(BUCKETS))] += 1

    def render(self, gauges: Mapping[str, tuple[str, Mapping[str, float]]]) -> str:
        """Return everything. gauges: by name, what each means and its values by index, or by "" for the server's."""
        return "\n".join([*self._counters(), *_gauges(gauges)]) + "\n"

    def _counters(self) -> Iterator[str]:
        yield from _head("searchkit_requests_total", "counter", "requests that were answered")
        for (route, status), count in sorted(self._requests.items()):
            yield f'searchkit_requests_total{{route="{route}",status="{status}"}} {count}'
        yield from _head("searchkit_request_seconds", "histogram", "how long requests took")
        for route, within in sorted(self._within.items()):
            total = 0
            for bound, count in zip((*BUCKETS, "+Inf"), within, strict=True):
                total += count
                yield f'searchkit_request_seconds_bucket{{route="{route}",le="{bound}"}} {total}'
            yield f'searchkit_request_seconds_sum{{route="{route}"}} {self._seconds[route]:.6f}'
            yield f'searchkit_request_seconds_count{{route="{route}"}} {total}'


def _gauges(gauges: Mapping[str, tuple[str, Mapping[str, float]]]) -> Iterable[str]:
    for name, (meaning, values) in gauges.items():
        yield from _head(name, "gauge", meaning)
        for index, value in values.items():
            label = f'{{index="{index}"}}' if index else ""
            yield f"{name}{label} {value:g}"


def _head(name: str, kind: str, meaning: str) -> Iterator[str]:
    yield f"# HELP {name} {meaning}"
    yield f"# TYPE {name} {kind}"
