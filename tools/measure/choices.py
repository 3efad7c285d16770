"""Layers as the planner runs them, against what the other variants take."""
import statistics


def compare(results):
    """(layer, chosen variant, its ms, fastest variant, its ms) for each layer that has a choice. The first result is the planner's own;
    times of one variant in several results are pooled."""
    rows = []
    for name, chosen in results[0].items():
        times = {}
        for row in (result[name] for result in results if name in result):
            times.setdefault(row["algorithm"], []).extend(row["ms"])
        medians = {algorithm: statistics.median(ms) for algorithm, ms in times.items()}
        best = min(medians, key=medians.get)
        if chosen["algorithm"] and len(medians) > 1:
            rows.append((name, chosen["algorithm"], medians[chosen["algorithm"]], best, medians[best]))
    return rows
