"""Rounds in which contenders take turns, and what is read off them.

A figure is the median over rounds, so that a round that something else disturbed does not count; contenders take turns within a round,
so that a machine that is slower for a minute is slower for all of them. Before each, others' idle threads get time to fall asleep.
"""
import math
import statistics
import time


PAUSE = 0.2  # seconds


def interleave(contenders, rounds):
    """{name: [figure of each round]}. A contender has a name and measure()."""
    figures = {contender.name: [] for contender in contenders}
    for _ in range(rounds):
        for contender in contenders:
            time.sleep(PAUSE)
            figures[contender.name].append(contender.measure())
    return figures


def best(medians, names):
    """The smallest of the named medians, None where there is none."""
    return min((medians[name] for name in names if name in medians), default=None)


def spread(values):
    """A robust standard deviation, from the median distance to the median: outliers do not count."""
    middle = statistics.median(values)
    return 1.4826 * statistics.median(abs(value - middle) for value in values)


def standard_error(one, count):
    """Of the median of `count` values with the standard deviation `one`."""
    return one * math.sqrt(math.pi / 2 / count)


class Comparison:
    """Old against new.

    ratio   new over old
    noise   the standard error of that ratio's logarithm, near enough of the ratio
    """

    def __init__(self, change, noise):
        self.ratio, self.noise = math.exp(change), noise

    @classmethod
    def of_rounds(cls, rounds):
        """Of rounds of (old, new, new, old): what drifts evenly within a round cancels out, and the pairs of equals show the noise."""
        logs = [[math.log(value) for value in four] for four in rounds]
        changes = [(new1 + new2 - old1 - old2) / 2 for old1, new1, new2, old2 in logs]
        equals = [difference for old1, new1, new2, old2 in logs for difference in (old2 - old1, new2 - new1)]
        # A difference of two equals has sqrt(2) times the spread of one run; the change, of two means of two, has that of one. Few
        # rounds may agree by chance, so the larger of both estimates counts. The equals differ by 0 on average, so 0 is their middle.
        one = max(1.4826 * statistics.median(map(abs, equals)) / math.sqrt(2), spread(changes))
        return cls(statistics.median(changes), standard_error(one, len(logs)))

    @classmethod
    def of_samples(cls, old, new):
        """Of figures that were not taken together."""
        logs = [[math.log(value) for value in values] for values in (old, new)]
        noise = math.hypot(*(standard_error(spread(values), len(values)) for values in logs))
        return cls(statistics.median(logs[1]) - statistics.median(logs[0]), noise)

    def verdict(self, tolerance, certainty=4):
        """"slower" and "faster" are beyond the tolerance and beyond the noise; "unsure": beyond the tolerance, and noise may explain it."""
        change = math.log(self.ratio)
        if abs(change) <= math.log(1 + tolerance):
            return "same"
        if abs(change) <= certainty * self.noise:
            return "unsure"
        return "slower" if change > 0 else "faster"
