"""Compares the times of API calls with the usual times of the same endpoints."""

from __future__ import annotations

from statistics import median

from msgspec import Struct, field

#: The number of calls whose median is the first usual time of an endpoint, and the number of calls in later samples.
FIRST_SAMPLE, SAMPLE = 40, 20
#: The part of the difference by which the usual time approaches a smaller (FALL) or a larger (RISE) median of a sample.
FALL, RISE = 0.3, 0.02
#: The largest relative change of the usual time after a sample with a larger median. A jam that lasts for 3,000 calls
#: thus hardly becomes the usual time.
MOST_RISE = 0.004
#: Usual times in seconds below this value are regarded as this value. Faster calls differ by chance.
SHORTEST = 0.02


class Endpoint(Struct):
    """Contains the times of the calls to one endpoint, in seconds. `usual` is the usual time of a call, or 0 if there
    were too few calls. `sample` contains the times of the latest calls, and `typical` is the median of the previous
    sample.
    """

    usual: float = 0.0
    typical: float = 0.0
    sample: list[float] = field(default_factory=list)

    def take(self, seconds: float) -> None:
        """Adds `seconds`, the time of a call, to the sample. When the sample is complete, adapts the usual time to its
        median.
        """
        self.sample.append(seconds)
        if len(self.sample) < (SAMPLE if self.usual else FIRST_SAMPLE):
            return
        self.typical = median(self.sample)
        self.sample.clear()
        if not self.usual:
            self.usual = self.typical
        elif self.typical < self.usual:
            self.usual += FALL * (self.typical - self.usual)
        else:
            self.usual *= 1 + min(MOST_RISE, RISE * (self.typical / self.usual - 1))


class UsualTimes:
    """Contains the usual time of the calls to each endpoint.

    The usual time is a smoothed minimum of the medians of samples. The medians are used because response times have a
    long tail, so that a mean or a minimum would depend on few calls. An object of this class is not safe for threads.
    """

    def __init__(self) -> None:
        self._endpoints: dict[str, Endpoint] = {}

    def compare(self, endpoint: str, seconds: float) -> float:
        """Returns `seconds`, the time of a call, divided by the usual time of its endpoint. Also adds the time of the
        call to the sample of the endpoint. The result is 1 for the first calls to an endpoint. `endpoint` is the method
        and the path without ids.
        """
        found = self._endpoints.get(endpoint)
        if found is None:
            found = self._endpoints[endpoint] = Endpoint()
        ratio = seconds / max(found.usual, SHORTEST) if found.usual else 1.0
        found.take(seconds)
        return ratio

    def accept(self) -> None:
        """Raises the usual time of each endpoint to the median of its latest sample, if this median is larger."""
        for endpoint in self._endpoints.values():
            endpoint.usual = max(endpoint.usual, endpoint.typical)
