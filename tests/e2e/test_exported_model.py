"""What the training exports computes in TF.js what it computed in PyTorch."""

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import BrowserContext

from tests.support.servers.lookalike import Server

torch = pytest.importorskip("torch", reason="NOT TESTED: needs `pip install -e '.[training]'`")

from frontend.models.nodes import AVERAGE_NODE, LOGITS_NODE, projection_of  # noqa: E402 (these import torch)
from frontend.models.training import graph_model  # noqa: E402
from frontend.models.training.network import MobileNetV2  # noqa: E402

SIDE_PX = 64

# The builds and the back end that the page's worker uses.
RUN_IN_TFJS = """
async ([tfjs, values, side, nodes]) => {
    for (const name of ["tf-core", "tf-converter", "tf-backend-wasm"]) await import(`${tfjs}/${name}.min.js`);
    tf.wasm.setWasmPaths(location.origin + tfjs + "/");
    await tf.setBackend("wasm");
    const model = await tf.loadGraphModel("/exported/model.json");
    const outputs = model.execute(tf.tensor(values, [1, side, side, 3]), nodes);
    return Promise.all(outputs.map(async (output) => Array.from(await output.data())));
}
"""


def test_tfjs_against_pytorch(context: BrowserContext, package_server: Server, tmp_path: Path) -> None:
    """A tiny network whose layers all have biases, and a projection: average, class scores and vector agree to 1e-5."""
    torch.manual_seed(0)
    network = MobileNetV2(0.05).eval().requires_grad_(False)
    for _, convolution in network.convolutions():
        torch.nn.init.normal_(convolution.conv.bias, std=0.1)
    projection = np.random.default_rng(1).normal(size=(1280, 24)).astype(np.float32)
    embedding_node = graph_model.write(network, tmp_path, SIDE_PX, projection)
    values = np.random.default_rng(0).uniform(-1, 1, (1, SIDE_PX, SIDE_PX, 3)).astype(np.float32)

    with context.new_page() as page:
        page.route("**/exported/*", lambda route: route.fulfill(path=tmp_path / Path(route.request.url).name))
        page.goto(package_server.url + "/api/v1/health")
        nodes = [AVERAGE_NODE, LOGITS_NODE, embedding_node]
        in_tfjs = page.evaluate(
            RUN_IN_TFJS, [f"{package_server.runtime()}/tfjs", values.ravel().tolist(), SIDE_PX, nodes]
        )

    kept = projection_of(tmp_path)
    assert kept is not None
    average, logits = graph_model.read(tmp_path)(torch.from_numpy(values).permute(0, 3, 1, 2))
    for theirs, ours in zip(in_tfjs, (average, logits, average @ torch.from_numpy(kept)), strict=True):
        assert np.ptp(theirs) > 0.001  # What is constant would agree, too.
        assert np.abs(np.array(theirs) - ours.numpy().ravel()).max() < 1e-5 * np.ptp(theirs)
