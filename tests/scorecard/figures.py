"""How a figure is written: as many digits as its interval leaves, and a ratio of two figures with its own interval."""

import dataclasses
import math

EXACT_MAX = 1e12                # a greater float may not be a whole number any more
LOPSIDED = 1.5                  # one side of an interval longer than the other by this: both ends are shown


@dataclasses.dataclass(frozen=True)
class Ratio:
    value: float
    low: float | None = None
    high: float | None = None


def place_of(value, digits):
    """The power of ten of the last of `digits` digits."""
    return math.floor(math.log10(abs(value))) - digits + 1 if value else 0


def rounded(value, place):
    return f"{round(value, -place):,.{max(0, -place)}f}"


def number(value, digits=3):
    """Counts exactly, anything else with three digits."""
    if value == int(value) and abs(value) < EXACT_MAX:
        return f"{int(value):,}"
    return rounded(value, place_of(value, digits))


def interval(value, low, high):
    """"12.3 ± 0.4", or "12.3 [11.9 to 13.8]" where its sides differ; the digits are the first two of the shorter side."""
    below, above = value - low, high - value
    if below < 0 or above < 0 or max(below, above) == 0:
        return number(value)
    short = min(below, above) or max(below, above)
    place = place_of(short, 2)
    if max(below, above) <= LOPSIDED * min(below, above):
        return f"{rounded(value, place)} ± {rounded(max(below, above), place)}"
    return f"{rounded(value, place)} [{rounded(low, place)} to {rounded(high, place)}]"


def is_known(cell):
    return cell is not None and cell.value is not None and not math.isnan(cell.value)


def figure(cell):
    """Of a cell that is known."""
    if cell.low is None or cell.high is None or not all(map(math.isfinite, (cell.low, cell.high))):
        return number(cell.value)
    return interval(cell.value, cell.low, cell.high)


def sides(cell):
    """The lengths of an interval's sides, of the logarithm: none where there is no interval, or where it reaches 0."""
    if cell.low is None or cell.high is None or cell.low <= 0 or not math.isfinite(cell.high):
        return None
    return math.log(cell.value / cell.low), math.log(cell.high / cell.value)


def ratio(above, below):
    """None: there is none.  Its interval is that of two figures which know nothing of each other, too wide rather than too
    narrow where both were measured in the same blocks.  A figure without an interval counts as exact."""
    if not is_known(above) or not is_known(below) or above.value <= 0 or below.value <= 0:
        return None
    value = above.value / below.value
    a, b = sides(above), sides(below)
    if a is None and b is None:
        return Ratio(value)
    (a_low, a_high), (b_low, b_high) = a or (0, 0), b or (0, 0)
    return Ratio(value, value * math.exp(-math.hypot(a_low, b_high)), value * math.exp(math.hypot(a_high, b_low)))


def ratio_text(found):
    """Both ends always: they are what a claim rests on."""
    if found.low is None:
        return number(found.value)
    short = min(found.value - found.low, found.high - found.value)
    if short <= 0:
        return number(found.value)
    place = max(place_of(short, 2), place_of(found.value, 4))
    return f"{rounded(found.value, place)} [{rounded(found.low, place)} to {rounded(found.high, place)}]"
