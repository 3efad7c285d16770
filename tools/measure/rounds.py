"""Rounds in which contenders take turns, and what is read off them.

A figure is the median over rounds, so that a round that something else disturbed does not count; contenders take turns within a round,
so that a machine that is slower for a minute is slower for all of them.
"""
import math
import statistics
import time


def interleave(contenders, rounds, pause=0.2):
    """{name: [figure of each round]}. A contender has a name and measure(); the pause lets the others' idle threads fall asleep."""
    figures = {contender.name: [] for contender in contenders}
    for _ in range(rounds):
        for contender in contenders:
            time.sleep(pause)
            figures[contender.name].append(contender.measure())
    return figures


def best(medians, names):
    """The smallest of the named medians, None where there is none."""
    return min((medians[name] for name in names if name in medians), default=None)


def spread(values):
    """A robust standard deviation, from the median distance to the median: outliers do not count."""
    middle = statistics.median(values)
    return 1.4826 * statistics.median(abs(value - middle) for value in values)


class Comparison:
    """Old against new, from rounds of (old, new, new, old): what drifts evenly within a round cancels out.

    ratio   new over old, the median over rounds
    noise   the standard error of that ratio, from the pairs of equals (old with old, new with new) of the same rounds
    """

    def __init__(self, rounds):
        logs = [[math.log(value) for value in four] for four in rounds]
        changes = [(new1 + new2 - old1 - old2) / 2 for old1, new1, new2, old2 in logs]
        equals = [difference for old1, new1, new2, old2 in logs for difference in (old2 - old1, new2 - new1)]
        self.ratio = math.exp(statistics.median(changes))
        # A pair's difference has sqrt(2) times the spread of one run, a change the spread of one run; a median of n normal values
        # has sqrt(pi/2n) times theirs. Few rounds may agree by chance, so the changes' own spread counts as well.
        one = max(spread([0.0, *equals]) / math.sqrt(2), spread(changes))
        self.noise = one * math.sqrt(math.pi / 2 / len(logs))

    def verdict(self, tolerance, certainty=4):
        """"slower" where new is slower by more than the tolerance and by more than the noise, "unsure" by more than one of them."""
        excess = math.log(self.ratio)
        beyond = (excess > math.log(1 + tolerance)) + (excess > certainty * self.noise)
        if excess < -math.log(1 + tolerance) and -excess > certainty * self.noise:
            return "faster"
        return "slower" if beyond == 2 else "unsure" if excess > math.log(1 + tolerance) else "same"
