"""What the simulator really received: an append-only file of JSON lines, written before any reply.

The file is the memory. In the process only 32 bytes per message are kept (where its line is, and hashes to find what
came twice), so a million messages cost 32 MB, and a new process on the same file goes on where the last one was killed.
"""

import os
import threading
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import accumulate, groupby
from pathlib import Path
from typing import Any, Final

import orjson

_ACCEPTED: Final = b'{"type":"accepted",'
_LINE: Final = 2048
_CHUNK: Final = 1 << 20


# One accepted item as its line has it: type, message_id, reference, destination, sender, text, parts, fate, account, at
# (seconds since 1970), and what its wire format needs besides. A dict and not a class, because at a thousand per call
# building objects is the cost of it all.
Message = dict[str, Any]


class Ledger:
    """One file, one process. Safe for threads."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self._lock = threading.Lock()
        self._size = 0
        self._offsets = array("Q")
        self._references = array("q")
        self._destinations = array("q")
        self._counts: Counter[str] = Counter()
        self._faults: Counter[str] = Counter()
        self.plan: dict[str, Any] | None = None
        self._said = array("H")
        self._load()

    def accept(self, messages: Sequence[Message], call: dict[str, Any], *, fsync: bool) -> int:
        """Write the messages and the call that brought them; the first one's number, the others follow it.

        Each message is given its id, and one that has a `batch` the id of the first. Its keys must begin with `type`
        and `message_id`.
        """
        with self._lock:
            first = len(self._offsets)
            ids = _message_ids(first, len(messages))
            for message, message_id in zip(messages, ids, strict=True):
                message["message_id"] = message_id
                if "batch" in message:
                    message["batch"] = ids[0]
            lines = [orjson.dumps(message) for message in messages]
            whole_call = {"type": "call", "accepted": len(lines), **call}
            line_of_call = orjson.dumps(whole_call)
            self._write([*lines, line_of_call], fsync=fsync)
            self._take(messages, lines)
            self._count(whole_call)
            self._size += len(line_of_call) + 1
        return first

    def note(self, kind: str, content: dict[str, Any]) -> None:
        """Write down anything that is no acceptance: a call, receipts that arrived, a plan."""
        with self._lock:
            line = orjson.dumps({"type": kind, **content})
            self._write([line], fsync=False)
            self._index([line])

    def message(self, number: int) -> Message:
        """The line of one message. IndexError: there is none."""
        offset, line = self._offsets[number], b""
        while b"\n" not in line:
            line = os.pread(self._file, max(_LINE, len(line) * 4), offset)
        found: Message = orjson.loads(line[: line.index(b"\n")])
        return found

    def find(self, message_id: str) -> tuple[int, dict[str, Any]] | None:
        """The message with this id; the id says where to look."""
        try:
            number = int(message_id[2:12], 16)
            message = self.message(number)
        except (ValueError, IndexError):
            return None
        return (number, message) if message["message_id"] == message_id else None

    def said(self, number: int, code: int) -> bool:
        """Whether the webhook has taken this word about this message."""
        return bool(self._said[number] & 1 << code)

    def __len__(self) -> int:
        return len(self._offsets)

    def summary(self) -> dict[str, Any]:
        """Counts of everything; `duplicates` are references (or numbers) accepted more than once."""
        with self._lock:
            references, destinations = self._references[:], self._destinations[:]
            counts, faults = dict(self._counts), dict(self._faults)
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

    def _write(self, lines: list[bytes], *, fsync: bool) -> None:
        block = memoryview(b"\n".join(lines) + b"\n")
        while block:
            block = block[os.write(self._file, block) :]
        if fsync:
            os.fsync(self._file)

    def _load(self) -> None:
        """Read what an earlier process wrote; half a line at the end was never answered and is cut off."""
        for chunk in self._raw():
            self._index(chunk.split(b"\n"))
        os.ftruncate(self._file, self._size)

    def _raw(self) -> Iterator[bytes]:
        position, rest = 0, b""
        while block := os.pread(self._file, _CHUNK, position):
            position += len(block)
            whole, newline, rest = (rest + block).rpartition(b"\n")
            if newline:
                yield whole

    def _index(self, lines: Sequence[bytes]) -> None:
        """Take in lines that come next in the file; acceptances together, since there are a thousand in a row."""
        for accepted, group in groupby(lines, key=lambda line: line.startswith(_ACCEPTED)):
            run = list(group)
            entries = [orjson.loads(line) for line in run]
            if accepted:
                self._take(entries, run)
                continue
            for entry, line in zip(entries, run, strict=True):
                self._count(entry)
                self._size += len(line) + 1

    def _take(self, messages: Sequence[Message], lines: Sequence[bytes]) -> None:
        """Index accepted messages whose lines come next in the file."""
        ends = list(accumulate((len(line) + 1 for line in lines), initial=self._size))
        self._size = ends.pop()
        self._offsets.extend(ends)
        self._said.extend([0] * len(lines))
        self._destinations.extend([hash(message["destination"]) for message in messages])
        self._references.extend([hash(message["reference"]) for message in messages if message["reference"]])
        self._counts["parts"] += sum(message["parts"] for message in messages)

    def _count(self, entry: dict[str, Any]) -> None:
        match entry["type"]:
            case "call":
                self._count_call(entry)
            case "receipts":
                self._counts["receipts_sent"] += len(entry["sent"])
                for packed in entry["sent"]:
                    self._said[packed >> 4] |= 1 << (packed & 15)
            case "given_up":
                self._counts["receipts_given_up"] += entry["receipts"]
            case "plan":
                self.plan = entry["plan"]

    def _count_call(self, entry: dict[str, Any]) -> None:
        fault = entry["fault"]
        self._faults[fault] += 1
        self._counts["calls"] += 1
        self._counts["refused"] += entry["refused"]
        if entry["processed"] and not entry["answered"]:
            self._counts["processed_unanswered"] += 1
            self._counts["processed_unanswered_items"] += entry["accepted"]
        if not entry["processed"] and not entry["answered"]:
            self._counts["unprocessed_unanswered"] += 1
            self._counts["unprocessed_unanswered_items"] += entry["items"]


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


def _message_ids(first: int, count: int) -> list[str]:
    """26 characters like a ULID; the first ones say where the message is, the others cannot be guessed."""
    noise = os.urandom(7 * count).hex().upper()
    return [f"01{first + place:010X}{noise[14 * place : 14 * place + 14]}" for place in range(count)]


def _repeated(hashes: "array[int]") -> int:
    """How many different values are there more than once."""
    if len(set(hashes)) == len(hashes):
        return 0
    return sum(1 for times in Counter(hashes).values() if times > 1)
