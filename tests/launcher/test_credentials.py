"""Secrets are made once and only their owner reads them."""

from pathlib import Path

from launcher import credentials


def test_secrets_are_made_once_and_kept(tmp_path: Path) -> None:
    file = tmp_path / "secrets.env"

    first = credentials.ensure(file)
    second = credentials.ensure(file)

    assert set(first) == {"SECRET_KEY", "REFERENCE_KEY", "SUPPRESSION_KEY", "CREDENTIAL_KEYS", "STRIPE_WEBHOOK_SECRET"}
    assert len(set(first.values())) == 5
    assert min(map(len, first.values())) == 64
    assert second == first


def test_nobody_else_can_read_the_file(tmp_path: Path) -> None:
    file = tmp_path / "secrets.env"

    credentials.ensure(file)

    assert file.stat().st_mode & 0o777 == 0o600


def test_a_new_name_is_added_and_the_others_stay(tmp_path: Path) -> None:
    file = tmp_path / "secrets.env"
    before = credentials.ensure(file, names=["OLD"])

    after = credentials.ensure(file, names=["OLD", "NEW"])

    assert after["OLD"] == before["OLD"]
    assert credentials.read(file) == after


def test_a_value_written_by_hand_is_kept_with_its_equals_signs(tmp_path: Path) -> None:
    file = tmp_path / "secrets.env"
    file.write_text("OLD=a=b==\n")

    assert credentials.ensure(file, names=["OLD"]) == {"OLD": "a=b=="}


def test_what_a_crash_left_half_written_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "secrets.new").write_text("SEC")

    made = credentials.ensure(tmp_path / "secrets.env", names=["SECRET_KEY"])

    assert credentials.read(tmp_path / "secrets.env") == made
