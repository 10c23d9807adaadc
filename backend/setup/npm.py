"""Installs the JavaScript parts with npm, as package-lock.json says."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .errors import NpmError
from .report import Report

# The first version that reads lock files of version 3.
OLDEST_NPM = 7

GET_NPM = "install Node.js 20 or later, which brings npm (https://nodejs.org), and run this again"
WHICH_REGISTRY = "If another registry has it, select it with `npm config set registry`, and run this again."


def install_packages(frontend: Path, report: Report) -> None:
    """
    Bring frontend/node_modules in line with package-lock.json.

    Raises:
        NpmError: npm is missing or too old, or cannot get a package; the message names it.
    """
    npm = find_npm()
    report.step("Installing the JavaScript parts with npm (36 MB to download the first time) …")
    # No served file needs install scripts, so none are run.
    command = [npm, "ci", "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", "--no-progress"]
    done = subprocess.run(command, cwd=frontend, capture_output=True, text=True, encoding="utf-8", errors="replace")
    if done.returncode:
        raise NpmError(explain_failure(done.stderr + done.stdout, _names(frontend / "package-lock.json")))


def packages_match_lock(frontend: Path) -> bool:
    """Say whether npm has installed exactly what package-lock.json lists."""
    # npm writes this file last.
    record = frontend / "node_modules" / ".package-lock.json"
    return record.exists() and _locked(record) == _locked(frontend / "package-lock.json")


def explain_failure(output: str, packages: Iterable[str]) -> str:
    """Explain in one sentence which package npm could not get, and why."""
    complaints = [line.strip() for line in re.findall(r"^npm (?:error|ERR!) ?(.*)", output, re.MULTILINE)]
    for complaint in complaints:
        for package in packages:
            if _mentions(complaint, package):
                return f"npm could not get the package {package}: {complaint}. {WHICH_REGISTRY}"
    reason = next((line for line in complaints if line and not line.startswith("code ")), "it gave no reason")
    return f"npm could not install the JavaScript parts: {reason}. {WHICH_REGISTRY}"


def find_npm() -> str:
    """
    Return where npm is.

    Raises:
        NpmError: It is missing or too old.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise NpmError(f"npm was not found, and the JavaScript parts come from it: {GET_NPM}.")
    version = subprocess.run([npm, "--version"], capture_output=True, text=True).stdout.strip()
    major = re.match(r"\d+", version)
    if major is None or int(major[0]) < OLDEST_NPM:
        raise NpmError(f"npm {version or '(of unknown version)'} is too old: {GET_NPM}.")
    return npm


def _locked(lock_file: Path) -> dict[str, Any]:
    """Map the path of each package in node_modules to its version and checksum."""
    packages = json.loads(lock_file.read_text(encoding="utf-8"))["packages"]
    # The empty path is the project itself.
    return {path: (package["version"], package["integrity"]) for path, package in packages.items() if path}


def _names(lock_file: Path) -> list[str]:
    return sorted({path.rpartition("node_modules/")[2] for path in _locked(lock_file)})


def _mentions(complaint: str, package: str) -> bool:
    # As the end of an address, `…/ws` or `…/@pyscript%2fcore`, or as 'ws@8.23.0'; not as the word `long`.
    name = re.escape(package).replace("/", "(?:/|%2f)")
    return re.search(rf"/{name}(?:[\s/?]|$)|(?:^|['\"\s]){name}@", complaint, re.IGNORECASE) is not None
