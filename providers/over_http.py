"""What adapters that speak HTTP share: one set of connections, one set of headers, failures as outcomes."""

from collections.abc import Callable, Mapping, Sequence

import orjson

from providers import outcomes
from providers.http import Connection, Endpoint, Interrupted, NotSent, Reply, ThreadConnections
from providers.interface import AccountConfig, BadConfig, CallResult, Item, Provider, ProviderDown
from providers.webhooks import Errors


class HttpProvider(Provider):
    """An account behind a base URL.

    `max_batch` is the default of that option. `key` names the credential that must not come back in a note should the
    provider quote it; `secrets` begins the names of those that prove webhook calls (several: while they are rotated).
    """

    def __init__(
        self, config: AccountConfig, headers: Mapping[str, str], *, key: str, secrets: str, max_batch: int
    ) -> None:
        try:
            endpoint = Endpoint.of(config.base_url)
        except ValueError as error:
            raise BadConfig(str(error)) from error
        self._headers, self._hide = headers, needed(config, key)
        self._secrets = [value for name, value in config.credentials.items() if name.startswith(secrets) and value]
        self._max_batch = int(config.options.get("max_batch", max_batch))
        self._connections = ThreadConnections(endpoint, ca_file=config.options.get("ca_file"))

    def connect(self, deadline_seconds: float) -> Connection:
        try:
            return self._connections.get(deadline_seconds)
        except NotSent as error:
            raise ProviderDown(str(error)) from error

    def _check(self, items: Sequence[Item]) -> None:
        """ValueError: no items, or more than a call of `submit` may hold."""
        if not 0 < len(items) <= self._max_batch:
            raise ValueError(f"1 to {self._max_batch} items per call, not {len(items)}")

    def _post(
        self,
        connection: Connection,
        path: str,
        items: Sequence[Item],
        *,
        encode: Callable[[], bytes],
        read: Callable[[Reply], CallResult],
        known: Errors | None = None,
        seconds: float,
    ) -> CallResult:
        """One call: send what `encode` makes of the items, `read` a 2xx; `known` is for `outcomes.not_accepted`."""
        try:
            body = encode()
        except (orjson.JSONEncodeError, UnicodeEncodeError):
            return outcomes.unserialisable(items)
        try:
            reply = connection.exchange("POST", path, headers=self._headers, body=body, deadline_seconds=seconds)
        except NotSent as error:
            return outcomes.not_sent(items, str(error))
        except Interrupted as error:
            return outcomes.unsure(items, str(error))
        if 200 <= reply.status < 300:
            return read(reply)
        return outcomes.not_accepted(items, reply, hide=self._hide, known=known)

    def _get(self, path: str, seconds: float) -> Reply:
        """Ask something that may be asked again. Raises ProviderDown."""
        try:
            connection = self.connect(seconds)
            return connection.exchange("GET", path, headers=self._headers, body=None, deadline_seconds=seconds)
        except (NotSent, Interrupted) as error:
            raise ProviderDown(str(error)) from error


def needed(config: AccountConfig, name: str) -> str:
    """A credential without which the account cannot work. Raises BadConfig."""
    if value := config.credentials.get(name):
        return value
    raise BadConfig(f"the credential {name} is missing")
