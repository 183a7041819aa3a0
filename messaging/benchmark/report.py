"""What a person reads at the end of a benchmark, alone or beside an earlier one."""

from typing import Any

from messaging.benchmark.figures import short

WIDTH = 50


def show(result: dict[str, Any]) -> str:
    """The result as a table."""
    machine = result["machine"]
    lines = [
        "",
        f"{machine['processors']} processors, PostgreSQL {machine['postgresql']}, Python {machine['python']}, "
        f"load {machine['load'][0]} before and {machine['load'][1]} after, {result['options']['repeat']} repetitions",
    ]
    for road in result["roads"]:
        lines += ["", f"{road['road']}, {short(road['recipients'])} recipients".ljust(WIDTH) + _head("baseline")]
        lines += [_line(figure, figure["raw_median"], figure["ratio"]) for figure in road["figures"]]
    return "\n".join([*lines, ""])


def grown(result: dict[str, Any]) -> str:
    """What each road came to at the largest size beside the smallest; empty when only one was asked for."""
    sizes = sorted({road["recipients"] for road in result["roads"]})
    if len(sizes) < 2:
        return ""
    found = {(road["road"], road["recipients"]): road["figures"] for road in result["roads"]}
    lines = ["", f"{short(sizes[-1])} recipients beside {short(sizes[0])}"]
    for name in dict.fromkeys(road["road"] for road in result["roads"]):
        small = {figure["name"]: figure["median"] for figure in found[name, sizes[0]]}
        lines += ["", name.ljust(WIDTH) + _head(short(sizes[0]))]
        lines += [
            _line(figure, small[figure["name"]], figure["median"] / small[figure["name"]])
            for figure in found[name, sizes[-1]]
            if small.get(figure["name"])
        ]
    return "\n".join([*lines, ""])


def compare(result: dict[str, Any], earlier: dict[str, Any]) -> str:
    """The medians beside those of an earlier run; what only one of the two has is left out."""
    before = {
        (road["road"], road["recipients"], figure["name"]): figure
        for road in earlier["roads"]
        for figure in road["figures"]
    }
    lines = ["", f"Beside the run of {earlier['at']} (load {earlier['machine']['load'][0]})"]
    for road in result["roads"]:
        rows = [
            _line(figure, old["median"], figure["median"] / old["median"] if old["median"] else None)
            for figure in road["figures"]
            if (old := before.get((road["road"], road["recipients"], figure["name"])))
        ]
        if rows:
            lines += ["", f"{road['road']}, {short(road['recipients'])} recipients".ljust(WIDTH) + _head("earlier")]
            lines += rows
    return "\n".join([*lines, ""])


def _head(other: str) -> str:
    return f"{'median':>14} {other:>14} {'ratio':>7}"


def _line(figure: dict[str, Any], other: float | None, ratio: float | None) -> str:
    name = f"  {figure['name']}{', ' + figure['unit'] if figure['unit'] else ''}"
    better = {"more": "▲", "less": "▼"}[figure["better"]]
    shown = "" if other is None else f"{_number(other):>14}"
    share = "" if ratio is None else f"{ratio:>7.2f}"
    return f"{name:<{WIDTH}}{_number(figure['median']):>14} {shown:>14} {share:>7} {better}".rstrip()


def _number(value: float) -> str:
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
