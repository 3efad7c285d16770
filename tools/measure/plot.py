"""A plot of lines as SVG: panels side by side that share the y axis, which starts at 0."""
import math
from html import escape

WIDTH, HEIGHT = 440, 300  # of a panel
LEFT, RIGHT, TOP, BOTTOM = 58, 14, 58, 46  # around its plot
COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00"]  # told apart by colour-blind readers, too (Okabe and Ito)
FONT = 'font-family="sans-serif" font-size="12" fill="#222"'


def nice_steps(highest, count=5):
    """Ticks from 0 to at least `highest`, at multiples of 1, 2 or 5 times a power of ten."""
    step = 10.0 ** math.floor(math.log10(highest / count))
    step *= next(factor for factor in (1, 2, 5, 10) if factor * step * count >= highest * (1 - 1e-9))
    return [step * i for i in range(math.ceil(highest / step - 1e-9) + 1)]


def text(x, y, words, anchor="middle", more=""):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {FONT} {more}>{escape(words)}</text>'


class Panel:
    """One panel: a title, the x axis' name, and {series: [(x, y)]}. Its x axis is logarithmic, ticks at the points."""

    def __init__(self, title, axis, series):
        self.title, self.axis = title, axis
        self.series = {name: sorted(points) for name, points in series.items() if points}
        if not self.series:
            raise ValueError(f"{title}: no points")

    def xs(self):
        return sorted({x for points in self.series.values() for x, _ in points})

    def highest(self):
        return max(y for points in self.series.values() for _, y in points)

    def draw(self, left, ticks, colours):
        """SVG elements, the panel's left edge at `left`."""
        xs = self.xs()
        low, high = math.log(xs[0]), math.log(xs[-1])
        inner, height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

        def at(x, y):
            part = (math.log(x) - low) / (high - low) if high > low else 0.5
            return left + LEFT + part * inner, TOP + height * (1 - y / ticks[-1])

        yield text(left + LEFT + inner / 2, TOP - 12, self.title, more='font-weight="bold"')
        for tick in ticks:
            (x, y), far = at(xs[0], tick), left + LEFT + inner
            yield f'<line x1="{left + LEFT}" y1="{y:.1f}" x2="{far}" y2="{y:.1f}" stroke="{"#444" if tick == 0 else "#ddd"}"/>'
            yield text(left + LEFT - 6, y + 4, f"{tick:g}", "end")
        free = -math.inf
        for number in xs:
            x, y = at(number, 0)
            yield f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{x:.1f}" y2="{y + 4:.1f}" stroke="#444"/>'
            if x > free:  # labels must not touch
                yield text(x, y + 18, f"{number:g}")
                free = x + 8 * len(f"{number:g}")
        yield text(left + LEFT + inner / 2, HEIGHT - 8, self.axis)
        for name, points in self.series.items():
            places = [at(x, y) for x, y in points]
            path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
            yield f'<polyline points="{path}" fill="none" stroke="{colours[name]}" stroke-width="2"/>'
            for (x, y), (number, value) in zip(places, points):
                title = escape(f"{name}, {number:g}: {value:.4g}")
                yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colours[name]}"><title>{title}</title></circle>'


def draw(title, unit, panels):
    """The plot as SVG text."""
    names = list(dict.fromkeys(name for panel in panels for name in panel.series))
    colours = {name: COLOURS[i % len(COLOURS)] for i, name in enumerate(names)}
    ticks = nice_steps(max(panel.highest() for panel in panels))
    width = WIDTH * len(panels)
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{HEIGHT}" viewBox="0 0 {width} {HEIGHT}">',
             f"<title>{escape(title)}</title>", f'<rect width="{width}" height="{HEIGHT}" fill="#fff"/>',
             text(LEFT, 18, title, "start", 'font-weight="bold"'), text(8, TOP - 12, unit, "start")]
    x = LEFT
    for name in names:
        lines.append(f'<rect x="{x}" y="26" width="12" height="4" fill="{colours[name]}"/>')
        lines.append(text(x + 18, 32, name, "start"))
        x += 40 + 7 * len(name)
    for number, panel in enumerate(panels):
        lines += panel.draw(number * WIDTH, ticks, colours)
    return "\n".join([*lines, "</svg>", ""])
