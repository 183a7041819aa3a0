"""What the simulator really received: an append-only file of JSON lines, written before any reply.

The file is the memory. In the process only 32 bytes per message are kept (where its line is, and hashes to find what
came twice), so a million messages cost 32 MB, and a new process on the same file goes on where the last one was killed.
"""

import os
import threading
from array import array
from base64 import b32hexdecode, b32hexencode
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson

_ACCEPTED: Final = b'{"type":"accepted",'
_LINE: Final = 2048
_CHUNK: Final = 1 << 20


class Message(NamedTuple):
    """One accepted item as the ledger keeps it. `at`: seconds since 1970."""

    reference: str | None
    destination: str
    sender: str
    text: str | None
    parts: int
    fate: str
    account: str
    at: float


class Ledger:
    """One file, one process. Safe for threads."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self._lock = threading.Lock()
        self._size = 0
        self._offsets = array("Q")
        self._references = array("q")
        self._destinations = array("q")
        self.counts: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.plan: dict[str, Any] | None = None
        self.said = array("H")
        self._load()

    def accept(self, messages: Iterable[Message], call: dict[str, Any], *, fsync: bool) -> list[tuple[int, str]]:
        """Write the messages and the call that brought them; (number, message id) of each, from 0."""
        with self._lock:
            numbered = [(number, _message_id(number), each) for number, each in enumerate(messages, len(self._offsets))]
            lines = [
                orjson.dumps({"type": "accepted", "message_id": message_id, **each._asdict()})
                for _, message_id, each in numbered
            ]
            self._append([*lines, orjson.dumps({"type": "call", "accepted": len(lines), **call})], fsync=fsync)
        return [(number, message_id) for number, message_id, _ in numbered]

    def note(self, kind: str, content: dict[str, Any]) -> None:
        """Write down anything that is no acceptance: a call, receipts that arrived, a plan."""
        with self._lock:
            self._append([orjson.dumps({"type": kind, **content})], fsync=False)

    def message(self, number: int) -> dict[str, Any]:
        """The line of one message. IndexError: there is none."""
        offset, line = self._offsets[number], b""
        while b"\n" not in line:
            line = os.pread(self._file, max(_LINE, len(line) * 4), offset)
        found: dict[str, Any] = orjson.loads(line[: line.index(b"\n")])
        return found

    def find(self, message_id: str) -> tuple[int, dict[str, Any]] | None:
        """The message with this id; the id says where to look."""
        try:
            number = int.from_bytes(b32hexdecode(message_id[2:10]), "big")
            message = self.message(number)
        except (ValueError, IndexError):
            return None
        return (number, message) if message["message_id"] == message_id else None

    def __len__(self) -> int:
        return len(self._offsets)

    def summary(self) -> dict[str, Any]:
        """Counts of everything; `duplicates` are references (or numbers) accepted more than once."""
        with self._lock:
            references, destinations = self._references[:], self._destinations[:]
            counts, faults = dict(self.counts), dict(self.faults)
        return {
            "accepted": len(destinations),
            "duplicates": _repeated(references),
            "without_reference": len(destinations) - len(references),
            "by_destination_duplicates": _repeated(destinations),
            "faults": faults,
            **{name: counts.get(name, 0) for name in _COUNTS},
        }

    def lines(self, *, everything: bool) -> Iterator[bytes]:
        """The file as it is now, in chunks of whole lines: acceptances only, or everything."""
        end, position, rest = self._size, 0, b""
        while position < end:
            chunk = rest + os.pread(self._file, min(_CHUNK, end - position), position)
            position += len(chunk) - len(rest)
            whole, _, rest = chunk.rpartition(b"\n")
            lines = whole.split(b"\n")
            wanted = lines if everything else [line for line in lines if line.startswith(_ACCEPTED)]
            if wanted:
                yield b"\n".join(wanted) + b"\n"

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def _append(self, lines: list[bytes], *, fsync: bool) -> None:
        block = memoryview(b"\n".join(lines) + b"\n")
        while block:
            block = block[os.write(self._file, block) :]
        if fsync:
            os.fsync(self._file)
        for line in lines:
            self._index(line)

    def _load(self) -> None:
        """Read what an earlier process wrote; half a line at the end was never answered and is cut off."""
        for chunk in self._raw():
            for line in chunk.split(b"\n"):
                self._index(line)
        os.ftruncate(self._file, self._size)

    def _raw(self) -> Iterator[bytes]:
        position, rest = 0, b""
        while block := os.pread(self._file, _CHUNK, position):
            position += len(block)
            whole, newline, rest = (rest + block).rpartition(b"\n")
            if newline:
                yield whole

    def _index(self, line: bytes) -> None:
        if line.startswith(_ACCEPTED):
            self._offsets.append(self._size)
            self.said.append(0)
        self._size += len(line) + 1
        self._count(orjson.loads(line))

    def _count(self, entry: dict[str, Any]) -> None:
        match entry["type"]:
            case "accepted":
                self._destinations.append(hash(entry["destination"]))
                self.counts["parts"] += entry["parts"]
                if entry["reference"]:
                    self._references.append(hash(entry["reference"]))
            case "call":
                self._count_call(entry)
            case "receipts":
                self.counts["receipts_sent"] += len(entry["sent"])
                for packed in entry["sent"]:
                    self.said[packed >> 4] |= 1 << (packed & 15)
            case "given_up":
                self.counts["receipts_given_up"] += entry["receipts"]
            case "plan":
                self.plan = entry["plan"]

    def _count_call(self, entry: dict[str, Any]) -> None:
        fault = entry["fault"]
        self.faults[fault] += 1
        self.counts["calls"] += 1
        self.counts["refused"] += entry["refused"]
        if entry["processed"] and not entry["answered"]:
            self.counts["processed_unanswered"] += 1
            self.counts["processed_unanswered_items"] += entry["accepted"]
        if not entry["processed"] and not entry["answered"]:
            self.counts["unprocessed_unanswered"] += 1
            self.counts["unprocessed_unanswered_items"] += entry["items"]


_COUNTS: Final = (
    "parts",
    "calls",
    "refused",
    "processed_unanswered",
    "processed_unanswered_items",
    "unprocessed_unanswered",
    "unprocessed_unanswered_items",
    "receipts_sent",
    "receipts_given_up",
)


def _message_id(number: int) -> str:
    """26 characters like a ULID; the first ones say where the message is, the others cannot be guessed."""
    return "01" + b32hexencode(number.to_bytes(5, "big") + os.urandom(10)).decode()


def _repeated(hashes: "array[int]") -> int:
    """How many different values are there more than once."""
    if len(set(hashes)) == len(hashes):
        return 0
    return sum(1 for times in Counter(hashes).values() if times > 1)
