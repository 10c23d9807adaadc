"""A client of the API in Python, made from its description by openapi-python-client."""

import subprocess
import sys
from pathlib import Path

NAME = "lookalike_client"
"""The package that `generate` makes, as the generator itself would call it."""

# Its own formatting of what it wrote: takes time, and changes nothing for those who run it.
CONFIGURATION = "post_hooks: []\n"


def generate(url: str, folder: Path) -> str:
    """
    Make the package NAME in `folder`; return what the generator said.

    Args:
        url: Address of the description.
    """
    configuration = folder / "configuration.yml"
    configuration.write_text(CONFIGURATION)
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--url", url, "--meta", "none"]
    command += ["--output-path", str(folder / NAME), "--config", str(configuration), "--fail-on-warning"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout
    return done.stdout
