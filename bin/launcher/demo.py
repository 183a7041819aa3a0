"""bin/demo: everything a machine needs to run Heliograph, from nothing to a finished campaign."""

import argparse
import os
import shlex
import shutil
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import NamedTuple

from launcher import credentials, install, migrations, ports, procfile, rootless, servers
from launcher.commands import migrate
from launcher.console import say
from launcher.place import LOCAL, PYTHON, ROOT, Place, socket_folder
from launcher.ports import Ports
from launcher.postgres import DATABASE
from launcher.signals import Interruptions, step_behind_front
from launcher.supervise import POLL, Spec, Supervisor

# The order in which things stop is the reverse of these: nobody loses a server, or the provider, in the middle of work.
PROVIDER, WORKERS, JOB = 1, 2, 3
SIMULATOR = "simulator"
LISTENERS = {"web": "PORT", "stream": "STREAM_PORT", SIMULATOR: "SIMULATOR_PORT"}
KEPT_BY_CLEAN = ("locks", "tool", "test")
# A worker finishes the provider call it is in; a call has 30 s (SEND_CALL_SECONDS), most need a fraction of one.
GRACE = 20.0
# The names of .local/demo.env.
SHELL = (
    *credentials.NAMES,
    *("DEBUG", "DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL", "LOCAL_DIR"),
    *("PUBLIC_URL", "STREAM_URL", "SIMULATOR_URL", "WEBHOOKS_ALLOW_PRIVATE", "HELIOGRAPH_DEMO"),
    *("STRIPE_SECRET_KEY", "STRIPE_API_BASE"),
)


class Options(NamedTuple):
    once: bool
    json: bool
    recipients: int
    port: int | None
    clean: bool


def parse(argv: list[str]) -> tuple[Options, list[str]]:
    """Return the options, and the arguments that are left: those go to `manage.py demo` as they are."""
    parser = argparse.ArgumentParser(
        prog="bin/demo", description="Start everything, send a campaign, stay until Ctrl-C."
    )
    parser.add_argument("--once", action="store_true", help="stop everything when the campaign is finished")
    parser.add_argument("--json", action="store_true", help="print the sums as one JSON object on the last line")
    parser.add_argument("--recipients", type=int, default=10_000, metavar="N", help="rows in the CSV (10000)")
    parser.add_argument("--port", type=int, help="port of the console (8000, or any that is free)")
    parser.add_argument("--clean", action="store_true", help="forget the data of earlier runs first")
    known, rest = parser.parse_known_args(argv)
    return Options(**vars(known)), rest


def main(argv: list[str]) -> int:
    options, rest = parse(argv)
    step_behind_front()
    interruptions = Interruptions()
    interruptions.install()
    install.ensure()
    place, lock = servers.demo_place()
    if options.clean:
        clean()
    with lock, ExitStack() as stack, Supervisor(interruptions) as supervisor:
        env, server = servers.start(place=place, supervisor=supervisor, lock=lock)
        chosen = stack.enter_context(closing(ports.choose(wanted={"PORT": options.port} if options.port else {})))
        env = demo_environment(env, place=place, chosen=chosen)
        credentials.write(place.state / "demo.env", for_a_shell(env))
        if server:
            server.create_database(DATABASE)
            migrations.bring_up_to_date(server, env=quieter(env), place=place)
        else:
            migrate(quieter(env))
        say("database is ready")
        start_processes(supervisor, env=env, place=place, keep_open=(lock.fileno(),))
        code = supervisor.run(Spec("demo", job_command(options, rest=rest), quieter(env), tier=JOB))
        if options.once or code:
            return code
        stay(supervisor)
    return 0


def clean() -> None:
    """Delete the state of earlier runs, but not the tools, nor what test runs are using."""
    for path in LOCAL.iterdir():
        if path.name.startswith(KEPT_BY_CLEAN):
            continue
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    shutil.rmtree(socket_folder(LOCAL / "run"))
    if os.geteuid() == 0:
        shutil.rmtree(rootless.shared_folder(LOCAL))
    say("earlier data is deleted")


def demo_environment(env: Mapping[str, str], *, place: Place, chosen: Ports) -> dict[str, str]:
    """What the processes find in their environment; a variable that the caller set keeps its value.

    HOST is not among those: some shells set it to the name of the machine.
    """
    urls = {
        "PUBLIC_URL": f"http://{ports.HOST}:{chosen.numbers['PORT']}",
        "STREAM_URL": f"http://{ports.HOST}:{chosen.numbers['STREAM_PORT']}",
        "SIMULATOR_URL": f"http://{ports.HOST}:{chosen.numbers['SIMULATOR_PORT']}",
        "WEBHOOKS_ALLOW_PRIVATE": "1",
    }
    # Cards: the simulator stands in for Stripe, and no money moves.
    urls |= {"STRIPE_API_BASE": f"{urls['SIMULATOR_URL']}/stripe", "STRIPE_SECRET_KEY": "sk_test_demo"}
    secrets = credentials.ensure(place.state / "secrets.env")
    return {"DEBUG": "1", **secrets, **urls, **env, **chosen.env(), "HOST": ports.HOST, "HELIOGRAPH_DEMO": "1"}


def for_a_shell(env: Mapping[str, str]) -> dict[str, str]:
    """What `manage.py` needs beside the running demo, quoted, to be read by `set -a; . .local/demo.env`."""
    return {name: shlex.quote(env[name]) for name in SHELL if name in env}


def quieter(env: Mapping[str, str]) -> dict[str, str]:
    """For commands on the person's terminal: only what goes wrong is logged there."""
    return {"LOG_LEVEL": "WARNING", **env}


def start_processes(
    supervisor: Supervisor, *, env: Mapping[str, str], place: Place, keep_open: tuple[int, ...]
) -> None:
    """Start every process of the Procfile and wait until those that listen can be reached."""
    lines = procfile.parse((ROOT / "Procfile").read_text())
    children = {
        name: supervisor.start(
            Spec(
                name,
                procfile.command(line, env=env),
                env,
                tier=PROVIDER if name == SIMULATOR else WORKERS,
                log=place.log(name),
                grace=GRACE,
                restart=True,
                keep_open=keep_open,
            )
        )
        for name, line in lines.items()
    }
    for name, variable in LISTENERS.items():
        supervisor.wait_until(partial(ports.is_open, int(env[variable])), child=children[name])
    say(f"running: {', '.join(children)}; logs in {relative(place.logs)}")


def relative(path: Path) -> Path:
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


def job_command(options: Options, *, rest: list[str]) -> list[str]:
    flags = [f"--{name}" for name in ("once", "json") if getattr(options, name)]
    return [str(PYTHON), "manage.py", "demo", f"--recipients={options.recipients}", *flags, *rest]


def stay(supervisor: Supervisor) -> None:
    """Keep everything running until a signal comes."""
    if sys.stderr.isatty():
        say("Ctrl-C stops everything")
    while True:
        supervisor.look_after()
        time.sleep(POLL)
