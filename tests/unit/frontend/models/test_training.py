"""The bundled model's training: a teacher's graph is read, a student learns from it, and a broken-off run goes on."""

import copy
import io
import json
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="NOT TESTED: needs `pip install -e '.[training]'`")

from frontend.models.nodes import AVERAGE_NODE, LOGITS_NODE, projection_of  # noqa: E402
from frontend.models.reference import ReferenceModel  # noqa: E402
from frontend.models.training import graph_model, photographs, retrieval  # noqa: E402
from frontend.models.training.agreement import agreement  # noqa: E402
from frontend.models.training.blocks import BlockRecipe, solve  # noqa: E402
from frontend.models.training.export import export, network_in, projection_from  # noqa: E402
from frontend.models.training.network import MobileNetV2  # noqa: E402
from frontend.models.training.train import Training  # noqa: E402
from frontend.models.training.whole import WholeRecipe, distance  # noqa: E402
from tests.support.drawings import draw, jpeg  # noqa: E402

SIDE_PX = 64
WIDTH = 0.05
CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def seeded() -> Iterator[None]:
    """The same chance for each test, and one thread: two that wait for each other on a busy machine take minutes."""
    torch.manual_seed(0)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> photographs.Photographs:
    folder = tmp_path_factory.mktemp("photographs")
    write_shard(folder, [f"{'soft' if n >= 30 else 'drawn'}/{n}.jpg" for n in range(32)])
    return photographs.load(folder, leave_out=("soft",))


def write_shard(folder: Path, names: Sequence[str]) -> None:
    """Put a drawing under each name into a tar file, as the training reads them."""
    with tarfile.open(folder / "train-00.tar", "w") as archive:
        for n, name in enumerate(names):
            data = jpeg(draw(("dots", "rings", "checks")[n % 3], n))
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))


def lively(network: MobileNetV2) -> MobileNetV2:
    """Give batch norms something to say, as after a training."""
    network.train()
    for _ in range(3):
        network(torch.rand(8, 3, SIDE_PX, SIDE_PX) * 2 - 1)
    return network.eval()


def test_photographs(pictures: photographs.Photographs) -> None:
    """One in sixteen is held out, soft sources are left out, and all are squares of one size."""
    assert (len(pictures.training), len(pictures.held_out)) == (28, 2)
    assert pictures.training.shape[1:] == (224, 224, 3)


def test_folder_without_photographs(tmp_path: Path) -> None:
    """A wrong folder is named."""
    with pytest.raises(ValueError, match=f"{tmp_path.name} has 0 photographs"):
        photographs.load(tmp_path)


def test_altered_pictures(pictures: photographs.Photographs) -> None:
    """The same state of chance gives the same inputs, another gives others; all are within the model's range."""
    first, again, other = (
        photographs.altered(pictures.training[:4], SIDE_PX, CPU, torch.Generator().manual_seed(seed))
        for seed in (1, 1, 2)
    )
    assert torch.equal(first, again)
    assert not torch.allclose(first, other, atol=0.1)
    assert first.shape == (4, 3, SIDE_PX, SIDE_PX)
    assert first.abs().max() <= 1


def test_folding_changes_nothing() -> None:
    """Batch norms can be computed ahead."""
    network, x = lively(MobileNetV2(WIDTH)), torch.rand(2, 3, SIDE_PX, SIDE_PX)
    with torch.no_grad():
        before, after = network(x), network.fold()(x)
    assert torch.allclose(before[0], after[0], atol=1e-5)
    assert torch.allclose(before[1], after[1], atol=1e-5)


@pytest.mark.parametrize("width", [WIDTH, 0.35])
def test_graph_model_is_the_network(tmp_path: Path, width: float) -> None:
    """What is written computes, by the numpy reference, what PyTorch computes with the weights as they are kept."""
    graph_model.write(lively(MobileNetV2(width)).fold(), tmp_path, SIDE_PX)
    kept = graph_model.read(tmp_path)
    x = torch.rand(1, 3, SIDE_PX, SIDE_PX) * 2 - 1
    nodes = [AVERAGE_NODE, LOGITS_NODE]
    expected = ReferenceModel(tmp_path).execute(x.permute(0, 2, 3, 1).numpy(), nodes)
    for computed, wanted in zip(kept(x), expected, strict=True):
        assert np.abs(computed.numpy().ravel() - wanted.ravel()).max() < 1e-4


def test_a_projection_follows_the_network(tmp_path: Path) -> None:
    """It is found from photographs, kept well enough in 8 bits, and all else of the model stays as it is."""
    write_shard(tmp_path, [f"drawn/{n}.jpg" for n in range(40)])
    network = lively(MobileNetV2(WIDTH)).fold()
    found = projection_from(network, tmp_path, 16, SIDE_PX)
    assert found.shape == (1280, 16)
    assert np.isfinite(found).all()

    projection = np.random.default_rng(0).normal(size=(1280, 16)).astype(np.float32)
    node = graph_model.write(network, tmp_path, SIDE_PX, projection)
    kept = projection_of(tmp_path)
    assert kept is not None
    x = torch.rand(1, 3, SIDE_PX, SIDE_PX) * 2 - 1
    average, vector = ReferenceModel(tmp_path).execute(x.permute(0, 2, 3, 1).numpy(), [AVERAGE_NODE, node])
    assert np.allclose(graph_model.read(tmp_path)(x)[0].numpy().ravel(), average.ravel(), atol=1e-4)
    assert np.allclose(average.ravel() @ kept, vector.ravel(), atol=1e-4)
    assert np.allclose(kept, projection, atol=0.02)


def test_a_model_is_exported_anew(tmp_path: Path) -> None:
    """A model that was exported gets a projection, and the same weights."""
    first, second = tmp_path / "first", tmp_path / "second"
    graph_model.write(lively(MobileNetV2(WIDTH)).fold(), first, SIDE_PX)
    labels = tmp_path / "labels.txt"
    labels.write_text("\n".join(map(str, range(1001))))
    projection = np.random.default_rng(0).normal(size=(1280, 8)).astype(np.float32)
    export(network_in(first, WIDTH), second, labels, SIDE_PX, projection, None)
    manifest = json.loads((second / "manifest.json").read_text())
    assert (manifest["dimension"], manifest["output"]["embedding_node"]) == (8, "Projection/BiasAdd")
    assert "8 components, half whitened" in manifest["description"]
    before, after = (graph_model.read(folder).state_dict() for folder in (first, second))
    assert all(torch.allclose(before[name], after[name], atol=1e-6) for name in before)


def test_weights_are_kept_well_enough(tmp_path: Path) -> None:
    """16 bits, and 8 for the classifier, cost next to nothing."""
    network = lively(MobileNetV2(WIDTH)).fold()
    graph_model.write(network, tmp_path, SIDE_PX)
    x = torch.rand(4, 3, SIDE_PX, SIDE_PX) * 2 - 1
    with torch.no_grad():
        kept, original = graph_model.read(tmp_path)(x), network(x)
    assert torch.cosine_similarity(kept[0], original[0]).min() > 0.9999
    assert torch.allclose(kept[1], original[1], atol=0.02)


def test_classifier_by_least_squares() -> None:
    """Scores that are linear in the embeddings are found again."""
    classifier, embeddings = torch.nn.Linear(6, 4), torch.rand(200, 6)
    with torch.no_grad():
        scores = torch.nn.Linear(6, 4)(embeddings)
    solve(classifier, embeddings, scores, ridge=1e-9)
    assert torch.allclose(classifier(embeddings), scores, atol=1e-4)


def test_distance_of_what_agrees() -> None:
    """Only the same embeddings and scores are at no distance."""
    given = torch.rand(3, 8), torch.rand(3, 5)
    assert distance(given, given).item() == pytest.approx(0, abs=1e-6)
    assert distance(given, (given[0].flip(0), given[1])).item() > 0.01
    assert distance(given, (given[0], given[1].flip(0))).item() > 1e-4


def training(
    pictures: photographs.Photographs,
    out: Path,
    block_steps: int,
    until: float = float("inf"),
    side_px: int = SIDE_PX,
) -> Training:
    blocks = BlockRecipe(side_px, block_steps, rate=0.01, most_photographs=64)
    whole = WholeRecipe(side_px, steps=6, batch=4, rate=1e-4)
    teacher = lively(MobileNetV2(WIDTH)).fold().requires_grad_(False)
    return Training(teacher, pictures, blocks, whole, out, until)


def test_student_learns(pictures: photographs.Photographs, tmp_path: Path) -> None:
    """The first part of a student, for which there is time, comes nearer to its teacher's."""
    lesson = training(pictures, tmp_path, block_steps=40, until=0)
    student = MobileNetV2(WIDTH)
    untaught = copy.deepcopy(student)
    assert lesson.run(student) is None

    x = photographs.altered(pictures.training[:16], SIDE_PX, CPU, torch.Generator().manual_seed(1))
    with torch.no_grad():
        wanted, before, after = (network.eval().parts[0](x) for network in (lesson.teacher, untaught, student))
    assert (after - wanted).square().mean() < 0.8 * (before - wanted).square().mean()


@pytest.mark.thorough
def test_student_learns_everything(pictures: photographs.Photographs, tmp_path: Path) -> None:
    """A whole student comes nearer to its teacher. (Within a minute; the card says what hours give.)"""
    lesson = training(pictures, tmp_path, block_steps=50)
    untaught = lively(MobileNetV2(WIDTH)).fold()
    student = lesson.run(MobileNetV2(WIDTH))
    assert student is not None
    before, after = (agreement(one, lesson.teacher, pictures.training, SIDE_PX) for one in (untaught, student))
    assert after.cosine > before.cosine + 0.1
    assert after.top_label > before.top_label


def test_training_that_was_broken_off_goes_on(pictures: photographs.Photographs, tmp_path: Path) -> None:
    """With its time over at once it stops after each part and each checkpoint; the same call goes on to the end."""
    stops = 0
    while training(pictures, tmp_path, block_steps=2, until=0, side_px=32).run(MobileNetV2(WIDTH)) is None:
        stops += 1
        assert stops < 30
    parts = len(MobileNetV2(WIDTH).parts)
    assert stops == parts - 1
    log = (tmp_path / "log.txt").read_text()
    assert [f"part {n}: " in log for n in range(parts)] == [True] * parts
    assert "step 6: cosine" in log


def test_mean_average_precision_by_hand() -> None:
    """A pair that is found at once, and one of which a half is found last."""
    vectors = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.8, 0.6], [-1.0, 0.0]])
    groups = np.array(["a", "a", "b", "b"])
    # Each of the first pair finds the other first. The third finds the fourth last of three, and is found first by it.
    assert retrieval.mean_average_precision(vectors, groups) == pytest.approx((1 + 1 + 1 / 3 + 1) / 4)
