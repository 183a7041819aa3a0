"""What a person reads at the end of a drill."""

from typing import Any


def show(result: dict[str, Any]) -> str:
    """The result as a table."""
    lines = ["", f"Crash drill, seed {result['seed']}, {result['seconds']} s"]
    for name in ("campaigns", "recipients", "kills", "provider_faults", "unconfirmed_because"):
        lines.append(f"  {name.replace('_', ' ')}: {_pairs(result[name])}")
    hit = sum(1 for fault in result["faults"].values() if fault["hit"])
    lines.append(f"  faults: {hit} kinds took effect of {len(result['faults'])} that were tried")
    lines += [f"    {name}: {fault['hit']} of {fault['tried']}" for name, fault in result["faults"].items()]
    lines.append(f"\n  {'check':<62}{'expected':>16}{'found':>16}")
    lines += [_row(check) for check in result["checks"]]
    lines.append("\n  everything adds up\n" if result["ok"] else "\n  THE LEDGERS DIFFER\n")
    return "\n".join(lines)


def _pairs(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {number:,}" for name, number in sorted(counts.items())) or "none"


def _row(check: dict[str, Any]) -> str:
    mark = " " if check["ok"] else "✗"
    return f"{mark} {check['name']:<62}{check['expected']!s:>16.15}{check['found']!s:>16.60}"
