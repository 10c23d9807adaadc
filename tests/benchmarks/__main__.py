"""
Run a benchmark and write its report: `python -m tests.benchmarks NAME`, with `--help` for its options.

Benchmarks are programs: they take minutes, and what they measure belongs to the machine. So none is a test; one test
runs each at a tiny size, to see that it still works.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from tests.benchmarks.report import Report

RESULTS = Path(__file__).parent / "results"

BENCHMARKS: Mapping[str, str] = {
    "vectors": "how well the drawn vectors resemble those of photographs",
    "index_types": "LanceDB's vector indexes against each other and against flat search",
    "flat_search": "searches without an index: float16 and float32, and a limit on how many run at once",
    "filtered_search": "recall and time of indexed searches under filters",
    "unindexed_rows": "what rows cost that are not in the index yet",
}
"""Name -> what it measures. The name is that of a module beside this one."""


class Benchmark(Protocol):
    """What a module of a benchmark offers."""

    def add_options(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, options: argparse.Namespace) -> Report: ...


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    subparsers = parser.add_subparsers(dest="name", required=True)
    modules = {name: cast(Benchmark, import_module(f"tests.benchmarks.{name}")) for name in BENCHMARKS}
    for name, purpose in BENCHMARKS.items():
        subparser = subparsers.add_parser(name, help=purpose, description=f"Measure {purpose}.")
        subparser.add_argument("--out", type=Path, default=RESULTS, help="folder for the report (%(default)s)")
        subparser.add_argument("--suffix", default="", help="added to the report's file name")
        modules[name].add_options(subparser)
    options = parser.parse_args(arguments)
    report = modules[options.name].run(options)
    for path in report.write(options.out, options.name + options.suffix):
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
