"""`lookalike setup`: sets up whatever is missing, as `serve` does first."""

import argparse

from backend.settings import Settings
from backend.setup.prepare import FRONTEND, prepare
from backend.setup.report import TerminalReport
from backend.setup.site import build_site


def run(settings: Settings, args: argparse.Namespace) -> int:
    report = TerminalReport()
    if args.without_model:
        build_site(FRONTEND, report)
    else:
        prepare(settings, report)
    report.step("Everything is set up.")
    return 0
