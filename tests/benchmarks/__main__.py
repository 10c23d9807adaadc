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
    "attribute_filters": "filters by attributes: two lists of numbers against maps",
    "unindexed_rows": "what rows cost that are not in the index yet",
    "model_speed": "how long models take for a picture in the browser",
    "grid": "how the library's grid bears very many pictures",
    "adding": "how the page bears hundreds of files that are added in one go",
    "architectures": "ours against the usual architecture with a queue and a model on the server",
    "extraction": "from a file to its vector in the browser, against TF.js alone",
    "heic": "from an HEIC file to its vector in the browser: time and memory",
    "memory": "what a tab takes of memory: pictures that only the browser decodes, and many photographs",
    "batch": "many photographs from drop to searchable: the page's queue against one by one",
    "importing": "many photographs into a library: the client against the page",
    "start_up": "how long the page takes to start, and what it loads",
    "engines": "Chromium, Firefox and WebKit: back ends, times, and whether they make the same of the same photographs",
    "register": "registrations that share a commit, against one commit each",
    "bytes_per_vector": "what vectors of fewer values and bits find, and what searching them costs",
    "preprocessing": "an antialiased squeeze against the resizes of TF.js",
    "words": "what plain words find among labelled photographs",
    "backup": "backup, second backup, check and restore of a library",
    "duplicates": "duplicates of a whole library: first pass, later ones, and what searches wait for it",
    "search_service": "searches over HTTP, against other engines behind the same routes",
    "strength": "what the page says of matches, against what is true",
    "edits": "which edits of a photograph are recognised as it, and which other photographs are taken for it",
}
"""Name -> what it measures. The name is that of a module beside this one."""


class Benchmark(Protocol):
    """What a module of a benchmark offers."""

    def add_options(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, options: argparse.Namespace) -> Report: ...


def main(arguments: Sequence[str]) -> int:
    names = argparse.ArgumentParser(
        prog="python -m tests.benchmarks",
        description="Measure, and write a report.",
        epilog="\n".join(f"{name}: {purpose}" for name, purpose in BENCHMARKS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    names.add_argument("name", choices=BENCHMARKS, help="of the benchmark; its own options come after it")
    name = names.parse_args(arguments[:1]).name
    # Only the one that is asked for is imported: what another measures may not even be installed.
    benchmark = cast(Benchmark, import_module(f"tests.benchmarks.{name}"))
    parser = argparse.ArgumentParser(prog=f"{names.prog} {name}", description=f"Measure {BENCHMARKS[name]}.")
    parser.add_argument("--out", type=Path, default=RESULTS, help="folder for the report (%(default)s)")
    parser.add_argument("--suffix", default="", help="added to the report's file name")
    benchmark.add_options(parser)
    options = parser.parse_args(arguments[1:])
    for path in benchmark.run(options).write(options.out, name + options.suffix):
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
