"""A progress bar for commands: a moving line on a terminal, a line every tenth elsewhere; always on stderr."""

import sys
from types import TracebackType

WIDTH = 30


class Bar:
    """Shows how many of `total` are done; `total` may be corrected on the way. Use as a context manager."""

    def __init__(self, title: str, *, total: int) -> None:
        self.title = title
        self.total = total
        self._shown = -1
        self._moving = sys.stderr.isatty()

    def __enter__(self) -> "Bar":
        self.show(0)
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        if self._moving:
            sys.stderr.write("\n")
            sys.stderr.flush()

    def show(self, done: int, *, note: str = "") -> None:
        """Draw `done` of the total, with a few words behind."""
        share = min(done / self.total, 1.0) if self.total else 0.0
        tenth = int(share * 10)
        if not self._moving and tenth == self._shown:
            return
        self._shown = tenth
        filled = int(share * WIDTH)
        line = f"{self.title} [{'█' * filled}{'·' * (WIDTH - filled)}] {done:,} of {self.total:,} {note}"
        sys.stderr.write(f"\r{line[:118]:<118}" if self._moving else f"{line.rstrip()}\n")
        sys.stderr.flush()
