"""`python -m providers.simulator`: the simulator without Django."""

import argparse

from providers.simulator.options import add_options, run

parser = argparse.ArgumentParser(prog="python -m providers.simulator", description="A provider that fails as told.")
add_options(parser)
run(parser.parse_args())
