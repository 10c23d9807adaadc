"""How many connections the system's limit of open files leaves room for."""

import subprocess
import sys

import pytest

from backend.commands.open_files import FILES_OF_A_CONNECTION, affordable_connections

resource = pytest.importorskip("resource", reason="NOT TESTED: this system has no limit of open files")


@pytest.mark.parametrize("open_files", [64, 256, 1024, 4096, 20_000, 2**30])
def test_room_for_the_database(open_files: int) -> None:
    """However few there may be, connections never take all of them."""
    connections = affordable_connections(open_files, 4096)

    assert 0 < connections <= 4096
    assert open_files - connections * FILES_OF_A_CONNECTION >= min(1024, open_files // 2)


def test_no_limit() -> None:
    """Where there is none, there may be as many as are wanted."""
    assert affordable_connections(None, 4096) == 4096


@pytest.mark.parametrize(("soft", "hard"), [(64, 256), (256, 256)])
def test_limit_that_is_raised(soft: int, hard: int) -> None:
    """It is raised as far as the system lets this process."""
    code = (
        f"import resource; resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}));"
        "from backend.commands.open_files import raise_limit;"
        "print(raise_limit(), *resource.getrlimit(resource.RLIMIT_NOFILE))"
    )

    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert output.split() == [str(hard)] * 3
