"""What Prometheus sees."""

from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

Series = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def scraped(client: Client | None = None) -> Series:
    """Every sample of /metrics, asked for from this machine."""
    answer = (client or Client()).get("/metrics")
    assert answer.status_code == 200, answer.content
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }


def value(series: Series, name: str, **labels: str) -> float | None:
    """One sample, by its name without `heliograph_`; None when it is not there."""
    return series.get((f"heliograph_{name}", tuple(sorted(labels.items()))))


def failed_parts(series: Series) -> list[str]:
    """Parts that could not be read."""
    return [dict(labels)["part"] for (name, labels), ok in series.items() if name == "heliograph_part_ok" and not ok]
