"""
MobileNet in TF.js: import it, try its back ends, run it. The only module that knows TF.js.

    load_tensorflow -> MobileNet.start (the first back end that passes the golden test)
                    -> MobileNet.try_faster (what the graphics card can do, when nobody waits)
                    -> MobileNet.run

What lives in TF.js' memory is disposed of where it was made: Python's garbage collector does not see it.
"""

import asyncio
import statistics
import time
from dataclasses import dataclass
from typing import Any, Final

import js
import numpy as np
from pyodide.ffi import JsException, to_js

from frontend.embedder.attention import FeatureMap, peak
from frontend.embedder.model_input import ModelInput, golden_input, scale_to_range
from frontend.embedder.space import GOLDEN_COSINE, Logits, Space, Vector, to_vector

FIRST: Final = ("wasm", "cpu")
# WASM is everywhere, starts in a fraction of a second and is quicker than a software renderer by a factor of twenty.
FASTER: Final = ("webgl", "webgpu")
# May be quicker on real graphics hardware, but take seconds to compile their shaders: tried once the page is ready.
TIMED_RUNS: Final = 3

SOFTWARE_RENDERERS: Final = ("swiftshader", "llvmpipe", "software", "basic render")

import_module: Final = js.Function.new("url", "return import(url)")
# Python has no word for JavaScript's import(). PyScript's js_import runs in the main thread even when called here.


@dataclass(frozen=True)
class Trial:
    """What trying one back end showed."""

    backend: str
    usable: bool
    reason: str
    """Why it is not used, or how it did; for people."""
    cosine: float | None = None
    """Cosine similarity to the manifest's golden vector."""
    run_ms: float | None = None
    """Median of a forward pass of one picture, in milliseconds, after the warm-up."""


@dataclass(frozen=True)
class Features:
    """What one forward pass gives."""

    vector: Vector
    logits: Logits
    maps: FeatureMap | None = None
    """The last feature map; None if it was not asked for, or the model's manifest names none."""


async def load_tensorflow(tfjs_url: str) -> None:
    """
    Import TF.js' core and converter.

    The builds set `globalThis.tf` and expect the core first, so they are imported one after the other.

    Args:
        tfjs_url: Absolute, with a slash at the end: a worker made from a blob has no address to be relative to.
    """
    for name in ("tf-core", "tf-converter"):
        await import_module(f"{tfjs_url}{name}.min.js")


class MobileNet:
    """A graph model on the back end that was found to be right and quickest."""

    def __init__(self, space: Space, model_url: str, tfjs_url: str) -> None:
        """
        Args:
            model_url: Absolute address of the folder that holds model.json.
            tfjs_url: Absolute address of the folder that holds TF.js.
        """
        self.space = space
        self.trials: list[Trial] = []
        self.idle = 0.0
        """How active the model is where there is nothing to see, as in the waves of the golden test; see `peak`."""
        self._model_url = model_url
        self._tfjs_url = tfjs_url
        self._model: Any = None
        # Which back end is in use belongs to all of TF.js: no picture may run while another one is being tried.
        self._turn = asyncio.Lock()
        self._golden = scale_to_range(golden_input(space.golden_input, space.input.side_px), space.input)

    @property
    def best(self) -> Trial:
        """The trial of the back end in use."""
        return min((trial for trial in self.trials if trial.usable), key=lambda trial: trial.run_ms or 0.0)

    async def start(self) -> Trial:
        """
        Take the first back end that is sure to be there and passes the golden test.

        Raises:
            RuntimeError: None does; the message says of each why not.
        """
        for backend in FIRST:
            if (await self._try(backend)).usable:
                return self.best
        reasons = "; ".join(f"{trial.backend}: {trial.reason}" for trial in self.trials)
        raise RuntimeError(f"No TF.js back end works in this browser ({reasons}).")

    async def try_faster(self) -> Trial:
        """Try what the graphics hardware can do, and change to it if it is right and quicker here."""
        for backend in FASTER:
            await self._try(backend)
        return self.best

    async def run(self, model_input: ModelInput, with_maps: bool = False) -> Features:
        """Run one forward pass; embedding, class scores and feature map come out of the same one."""
        async with self._turn:
            return await self._run(self._model, model_input, with_maps)

    def tensor_count(self) -> int:
        """How many tensors TF.js holds: constant between pictures, or something leaks."""
        return js.tf.memory().numTensors

    def tensor_bytes(self) -> int:
        """How many bytes TF.js' tensors take."""
        return js.tf.memory().numBytes

    def threads(self) -> int:
        """How many threads the back end in use runs on."""
        return js.tf.wasm.getThreadsCount() if self.best.backend == "wasm" else 1

    def tensorflow_version(self) -> str:
        """The version of TF.js."""
        return js.tf.version_core

    async def _try(self, backend: str) -> Trial:
        """Load the model on a back end, check and time it, and keep it if it is the best so far."""
        async with self._turn:
            trial = await self._trial(backend)
            self.trials.append(trial)
            if self._model is not None and js.tf.getBackend() != self.best.backend:
                await js.tf.setBackend(self.best.backend)
        return trial

    async def _trial(self, backend: str) -> Trial:
        """Measure a back end, unless something speaks against it from the first."""
        obstacle = await find_obstacle(backend)
        if obstacle:
            return Trial(backend, False, obstacle)
        try:
            return await self._measure(backend)
        except (JsException, ValueError) as exc:
            return Trial(backend, False, f"it failed: {exc}")

    async def _measure(self, backend: str) -> Trial:
        """Golden test, which is the warm-up too, then the median of a few timed runs."""
        await import_module(f"{self._tfjs_url}tf-backend-{backend}.min.js")
        if backend == "wasm":
            js.tf.wasm.setWasmPaths(self._tfjs_url)
        if not await js.tf.setBackend(backend):
            return Trial(backend, False, "TF.js could not start it")
        model = await js.tf.loadGraphModel(f"{self._model_url}model.json")
        keep = False
        try:
            features = await self._run(model, self._golden, True)
            cosine = float(features.vector @ self.space.golden_vector)
            if not cosine >= GOLDEN_COSINE:
                return Trial(backend, False, f"its vectors are wrong (cosine {cosine:.4f} to the golden one)", cosine)
            if features.maps is not None:
                self.idle = peak(features.maps)
            run_ms = statistics.median([await self._timed_run(model) for _ in range(TIMED_RUNS)])
            keep = self._model is None or run_ms < (self.best.run_ms or 0.0)
            if keep:
                self._model, model = model, self._model
        finally:
            if model is not None:
                model.dispose()
        return Trial(backend, True, f"it is right, and takes {run_ms:.0f} ms a picture", cosine, run_ms)

    async def _timed_run(self, model: Any) -> float:
        started = time.perf_counter()
        await self._run(model, self._golden)
        return (time.perf_counter() - started) * 1000

    async def _run(self, model: Any, model_input: ModelInput, with_maps: bool = False) -> Features:
        """Pixels cross once on the way in and features once on the way out; nothing is converted in between."""
        tensor = js.tf.tensor(to_js(model_input.reshape(-1)), to_js(list(model_input.shape)), "float32")
        nodes = [self.space.embedding_node, self.space.logits_node]
        if with_maps and self.space.features_node:
            nodes.append(self.space.features_node)
        outputs: list[Any] = []
        try:
            outputs = list(model.execute(tensor, to_js(nodes)))
            embedding, logits, *maps = [await to_numpy(output) for output in outputs]
        finally:
            for held in (tensor, *outputs):
                held.dispose()
        vector = to_vector(embedding, self.space)
        return Features(vector, Logits(logits.reshape(-1)), FeatureMap(maps[0][0]) if maps else None)


async def to_numpy(tensor: Any) -> np.ndarray:
    """Copy a tensor out of TF.js. Not by dataSync(): WebGPU cannot hand out its memory at once, and warns."""
    values = await tensor.data()
    return np.asarray(values.to_py(), dtype=np.float32).reshape(tuple(tensor.shape))


async def find_obstacle(backend: str) -> str:
    """Say why a back end need not be tried in this browser; empty if nothing speaks against it."""
    if backend not in FASTER:
        return ""
    renderer = webgl_renderer()
    if not renderer:
        return "this browser gives workers no graphics hardware"
    if any(name in renderer.lower() for name in SOFTWARE_RENDERERS):
        return f"the graphics are drawn by software ({renderer})"
    if backend == "webgpu" and not (hasattr(js.navigator, "gpu") and await js.navigator.gpu.requestAdapter()):
        return "this browser offers no adapter for WebGPU"
    return ""


def webgl_renderer() -> str:
    """Name what draws WebGL here; empty where there is none."""
    context = js.OffscreenCanvas.new(1, 1).getContext("webgl2") if hasattr(js, "OffscreenCanvas") else None
    if not context:
        return ""
    details = context.getExtension("WEBGL_debug_renderer_info")
    name = context.getParameter(details.UNMASKED_RENDERER_WEBGL if details else context.RENDERER)
    context.getExtension("WEBGL_lose_context").loseContext()
    return str(name)
