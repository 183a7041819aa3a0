"""The drill's processes: who dies is counted, who must run is started again, mined processes are told where to die."""

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis

from messaging.drill import place
from messaging.drill.house import House

# Each says in its log that it has started; `send1` also where it is to die. `send2` is deaf to SIGTERM.
LINES = {
    "send1": "sh -c 'echo started ${FAILPOINT:-}; exec sleep 60'",
    "send2": "sh -c 'trap : TERM; echo started; while :; do sleep 0.05; done'",
    "work": "sh -c 'sleep 60 & echo started; wait'",
    "beat": "sh -c 'echo failpoint ${FAILPOINT:-}; exec sleep 60'",
}


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    env = place.environment()
    monkeypatch.setenv(place.FOLDER, env[place.FOLDER])
    with House({**os.environ, **env}, lines=LINES) as found:
        yield found
    shutil.rmtree(env[place.FOLDER])


def until(house: House, ready: Callable[[], bool], *, seconds: float = 5.0) -> None:
    """Look after the house until something is so."""
    ends = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < ends
        house.look_after()
        time.sleep(0.02)


def gone(pid: int) -> bool:
    """Whether a process has ended, be it that nobody has asked for its exit code yet."""
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z"


def said(house: House, name: str) -> str:
    """What the last start of a process wrote."""
    return house.logs_of(name)[-1].read_text()


def started(house: House, name: str) -> None:
    house.start(name)
    until(house, lambda: "started" in said(house, name) or "failpoint" in said(house, name))


def restarted(house: House, name: str, *, times: int = 2) -> None:
    until(house, lambda: len(house.logs_of(name)) == times and name in house.children)


def test_who_is_killed_is_counted_and_started_again(house: House) -> None:
    started(house, "send1")
    pid = house.children["send1"].process.pid

    assert house.kill("send1")

    restarted(house, "send1")
    assert (house.kills, house.dead_senders, house.hard_stops) == ({"send": 1}, [pid], {})


def test_who_ends_as_asked_is_not_counted(house: House) -> None:
    started(house, "send1")
    house.children["send1"].process.send_signal(signal.SIGSTOP)  # a TERM ends `sleep` with an error: let it not
    house.signal("send1", signal.SIGCONT)

    house.stop_softly("send1")

    restarted(house, "send1")
    assert house.hard_stops == {"send1": 1}  # 128 + 15 is no 0: the drill shows it
    assert len(house.dead_senders) == 1


def test_who_does_not_stop_is_killed(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("messaging.drill.house.STOP_PATIENCE", 0.3)
    started(house, "send2")

    house.stop_softly("send2")

    restarted(house, "send2")
    assert house.kills == {"send": 1}


def test_children_die_with_their_process(house: House) -> None:
    started(house, "work")
    [child] = house.children_of("work")

    house.kill("work")

    restarted(house, "work")
    until(house, lambda: gone(child))
    assert house.dead_senders == []


def test_one_child_can_be_killed(house: House) -> None:
    started(house, "work")

    assert house.kill_child("work", which=5)
    assert not house.kill_child("nobody", which=0)


def test_who_is_away_stays_away(house: House) -> None:
    started(house, "beat")
    house.away.add("beat")
    house.kill("beat")
    until(house, lambda: "beat" not in house.children)
    time.sleep(0.5)
    house.look_after()
    assert "beat" not in house.children

    house.away.clear()

    restarted(house, "beat")


def test_a_mined_process_knows_where_to_die_until_it_was_there(house: House) -> None:
    started(house, "send1")

    house.mine("send1", "claim.committed@2")
    restarted(house, "send1")
    until(house, lambda: "started claim.committed@2" in said(house, "send1"))
    house.kill("send1")  # by another fault, before it got there
    restarted(house, "send1", times=3)
    until(house, lambda: "started claim.committed@2" in said(house, "send1"))

    house.disarm("send1")
    restarted(house, "send1", times=4)
    until(house, lambda: said(house, "send1") == "started\n")


def test_after_a_death_at_the_mine_the_process_is_healthy(house: House) -> None:
    started(house, "beat")
    house.mine("beat", "drain.committed")
    restarted(house, "beat")
    until(house, lambda: "failpoint drain.committed" in said(house, "beat"))

    house.kill("beat")

    restarted(house, "beat", times=3)
    until(house, lambda: said(house, "beat") == "failpoint\n")


def test_one_more_of_a_kind_is_not_started_again(house: House) -> None:
    alias = house.start_beside("send1", mine="mark.committed")
    until(house, lambda: "started mark.committed" in said(house, alias))

    house.kill(alias)

    until(house, lambda: alias not in house.children)
    time.sleep(0.5)
    house.look_after()
    assert (alias, house.start_beside("send1", mine="mark.committed")) == ("send-1", "send-2")
    assert (house.kills, len(house.dead_senders)) == ({"send": 1}, 1)


def test_redis_comes_back_empty(house: House) -> None:
    house.start_redis()
    client = redis.Redis(unix_socket_path=str(place.redis_socket(house.place.state)))
    client.set("a", "b")

    house.kill_redis()
    house.start_redis()

    assert client.get("a") is None
    client.close()


def test_nothing_outlives_the_house(house: House) -> None:
    started(house, "send1")
    pid = house.children["send1"].process.pid

    house.__exit__(None, None, None)

    assert gone(pid)
