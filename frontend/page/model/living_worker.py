"""
The worker as something that can die: its calls are watched, and where it is gone another one takes its place.

A photo can kill an interpreter: by an error in a decoder that no exception of Python's is made of, by using up its
memory, or by an endless loop. What was asked of it then is never answered, and nobody says so.
"""

import asyncio

from pyscript import document, workers

from frontend.page.browser.clock import now_s
from frontend.page.browser.dom import make
from frontend.page.browser.tasks import start

NAME = "embedder"

# How long an answer may take before it is asked whether anybody is there at all; one that is not says so at once.
LOOK_S = 2

# How often it is looked whether it has answered that.
STEP_S = 0.25

# For how long a worker may be silent and still be taken for a busy one: some ten times what the largest picture takes
# on a slow phone. Counted in steps, so that a page that the system had put to sleep does not count the night.
SILENT_STEPS = 480


class WorkerLost(Exception):
    """The worker is gone, and with it all that was open in it; another one is on its way."""

    def __init__(self, alone: bool) -> None:
        """`alone` tells whether it was doing nothing but what this was asked for."""
        super().__init__("The part of the page that opens photos has stopped.")
        self.alone = alone


class Call:
    """A call that is not answered yet."""

    def __init__(self, alone: bool) -> None:
        self.alone = alone
        self.is_old = False
        self.over = asyncio.Event()
        self.outcome = []
        """The answer and the error, one of which is None."""

    def end(self, answer, error) -> None:
        """Let whoever waits have the answer, or the error; the first one counts."""
        if not self.over.is_set():
            self.outcome = [answer, error]
            self.over.set()


class LivingWorker:
    """Calls the functions that the worker exports, by their names."""

    def __init__(self, when_lost) -> None:
        """`when_lost` is called when the worker is found to be gone; `begin` then begins another one."""
        self.life = 1
        """Counts the workers. What one of them holds, the next one does not have."""
        self._begun = 1
        self._when_lost = when_lost
        self._calls = []
        self._watching = False
        self._exports = None
        self._turn = asyncio.Lock()
        self._quiet = asyncio.Event()
        self._answered_s = 0.0

    async def begin(self) -> None:
        """Wait until the worker answers: the page's own, or one in place of one that is gone."""
        life = self.life
        if self._begun != life:
            self._begun = life
            replace(f"{NAME}-{life}")
        self._exports = await workers[NAME if life == 1 else f"{NAME}-{life}"]

    async def call(self, name: str, *given, life: int = 0, alone: bool = False):
        """
        Call a function of the worker that has begun.

        Args:
            life: Of the worker that holds what is spoken of; 0 if any will do.
            alone: Whether to let it do nothing else meanwhile, to know what it died of.

        Raises:
            WorkerLost: It is gone, or was when it should have been called.
        """
        async with self._turn:
            while alone and self._calls:
                self._quiet.clear()
                await self._quiet.wait()
            if self._exports is None or life not in (0, self.life):
                raise WorkerLost(False)
            call = Call(alone)
            self._calls.append(call)
            start(self._make(call, name, given))
            if not self._watching:
                self._watching = True
                start(self._watch())
            if alone:
                await call.over.wait()
        await call.over.wait()
        answer, error = call.outcome
        if error:
            raise error
        return answer

    def idle_s(self) -> float:
        """Return for how many seconds it has owed no answer; 0 while it does."""
        return 0 if self._calls else now_s() - self._answered_s

    def give_up(self) -> None:
        """End the worker that has begun, as if it were lost."""
        self._lose(self.life)

    async def _make(self, call: Call, name: str, given: tuple) -> None:
        """Make a call, and let it have the answer."""
        life = self.life
        answer, error = None, None
        try:
            answer = await getattr(self._exports, name)(*given)
        except Exception as exc:
            error = exc
            # One that is dead refuses all calls.
            if life == self.life and not await self._is_alive():
                self._lose(life)
        call.end(answer, error)
        self._answered_s = now_s()
        if call in self._calls:
            self._calls.remove(call)
        if not self._calls:
            self._quiet.set()

    async def _watch(self) -> None:
        """Ask whether the worker is there, as long as it owes an old answer."""
        while self._calls:
            life = self.life
            for call in self._calls:
                call.is_old = True
            await asyncio.sleep(LOOK_S)
            late = [call for call in self._calls if call.is_old]
            if late and life == self.life and not await self._is_alive():
                self._lose(life)
        self._watching = False

    async def _is_alive(self) -> bool:
        """Tell whether the worker answers: one that has only much to do does so late."""
        asked = Call(False)
        start(ask(self._exports, asked))
        for _ in range(SILENT_STEPS):
            await asyncio.sleep(STEP_S)
            if asked.over.is_set():
                return asked.outcome[0] is not None
        return False

    def _lose(self, life: int) -> None:
        """Give a worker up, and all that it was asked for."""
        if life != self.life:
            return
        self.life += 1
        self._exports = None
        script().xworker.terminate()
        calls, self._calls = self._calls, []
        for call in calls:
            call.end(None, WorkerLost(call.alone))
        self._quiet.set()
        self._when_lost()


async def ask(exports, asked: Call) -> None:
    """Ask a worker whether it is alive."""
    try:
        await exports.is_alive()
        asked.end(True, None)
    except Exception as exc:
        asked.end(None, exc)


def script():
    """Return the element that the worker belongs to."""
    return document.querySelector(f"script[name^={NAME}]")


def replace(name: str) -> None:
    """Put a worker of another name into the place of one that is gone: PyScript gives none out twice."""
    gone = script()
    made = make("script", type=gone.type, src=gone.src, config=gone.getAttribute("config"), worker="", name=name)
    gone.replaceWith(made)
