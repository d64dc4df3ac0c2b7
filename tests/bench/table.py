"""Rows of the table that script/bench prints: what, figure, target (or none), whether the target was met."""

import math
import statistics
import sys


def row(what, figure, target="", met=None):
    return what, figure, target, met


def progress(text):
    print(f"== {text}", file=sys.stderr, flush=True)


def quartile_text(values, form):
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return f"{form % middle} ({form % low} to {form % high})"


def interval_text(estimate, form):
    """joust's estimate with the ends of its interval."""
    if any(map(math.isnan, estimate)):
        return "unknown, since in a round there was no answer"
    return f"{form % estimate[0]} [{form % estimate[1]} to {form % estimate[2]}]"


def met(estimate, condition):
    """None: it is not known."""
    return None if math.isnan(estimate[0]) else condition


def median_interval_text(values, form):
    """The median with its 95 % interval by the sign test, which asks nothing of how the values scatter."""
    ordered, half = sorted(values), round(0.98 * math.sqrt(len(values)))
    middle = len(ordered) // 2
    low, high = ordered[max(0, middle - half)], ordered[min(len(ordered) - 1, middle + half)]
    return interval_text((statistics.median(ordered), low, high), form)


def median_row(what, ratios, target):
    middle = statistics.median(ratios)
    return row(what, quartile_text(ratios, "%.3f"), f"≥ {target:.2f}", middle >= target)


def table(rows):
    """Those that miss a target come first."""
    ordered = sorted(rows, key=lambda r: r[3] is not False)
    verdict = {None: "", True: "met", False: "**missed**"}
    lines = ["| what | figure | target | |", "|---|---|---|---|"]
    return "\n".join(lines + [f"| {what} | {figure} | {target} | {verdict[met]} |" for what, figure, target, met in ordered])
