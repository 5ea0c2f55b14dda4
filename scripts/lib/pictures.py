"""Which pictures are taken, and where they go. Called by scripts/pictures, which builds the engine first."""

import os
import sys
from pathlib import Path

import screens
import terminal
from engine import ROOT, Customers, Engine, program

FOLDER = ROOT / "docs/pictures"
# The same prices every time.
SEED = "3"
ROWS = 26
BUSY_FOR = 20.0


def of_the_readme():
    screens.take_chosen(FOLDER, SEED)
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    session = terminal.record([program(), "demo", "--seed", SEED], environment, ROWS)
    terminal.draw(FOLDER / "demo.svg", "$ order-engine demo", session)
    with Engine(**screens.TROUBLE, SIM_SEED=SEED) as engine, Customers(engine, per_second=6):
        command = [program(), "top", "--base-url", engine.url]
        seen = terminal.record(command, environment, ROWS, until=BUSY_FOR, keys=b"q")
    terminal.draw(FOLDER / "top.svg", "$ order-engine top", seen[-1:])


if __name__ == "__main__":
    if len(sys.argv) > 1:
        screens.take(Path(sys.argv[1]))
    else:
        of_the_readme()
