"""The bundled model's training: teachers are asked, a student learns what they say, and a broken-off run goes on."""

import io
import json
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="NOT TESTED: needs `pip install -e '.[training]'`")
pytest.importorskip("efficientnet_lite_pytorch", reason="NOT TESTED: needs `pip install -e '.[training]'`")

from torch import Tensor  # noqa: E402

from frontend.models.nodes import AVERAGE_NODE, LOGITS_NODE, projection_of  # noqa: E402
from frontend.models.reference import ReferenceModel  # noqa: E402
from frontend.models.training import graph_model, photographs, retrieval, views  # noqa: E402
from frontend.models.training.agreement import Agreement  # noqa: E402
from frontend.models.training.export import export  # noqa: E402
from frontend.models.training.joined import Joined  # noqa: E402
from frontend.models.training.learning import Learner, Targets, losses, mixed, total  # noqa: E402
from frontend.models.training.lessons import Lessons  # noqa: E402
from frontend.models.training.network import MobileNetV2  # noqa: E402
from frontend.models.training.photographs import Photographs  # noqa: E402
from frontend.models.training.prepare import prepare  # noqa: E402
from frontend.models.training.student import Student, solve  # noqa: E402
from frontend.models.training.teachers import DEPTHS, Answers, Teachers, efficientnet_lite0  # noqa: E402
from frontend.models.training.together import Team, run_together  # noqa: E402
from frontend.models.training.train import Recipe, Training, beginner, trained  # noqa: E402
from tests.support.drawings import draw, jpeg  # noqa: E402

SIDE_PX = 64
CPU = torch.device("cpu")
ALONE = Team(0, 1)
TINY = Recipe(batch=4, warm_up=2, rate=2e-3, small_side_px=32, judged_views=16, checkpoint_s=1e9)


@pytest.fixture(autouse=True)
def seeded() -> Iterator[None]:
    """The same chance for each test, and one thread: two that wait for each other on a busy machine take minutes."""
    torch.manual_seed(0)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Drawn photographs, decoded, and a first model."""
    folder = tmp_path_factory.mktemp("training")
    write_shard(folder, [f"{'soft' if n >= 34 else 'drawn'}/{n}.jpg" for n in range(36)])
    photographs.decode(folder, folder, leave_out=("soft",))
    torch.manual_seed(1)
    graph_model.write(MobileNetV2(), folder / "first", SIDE_PX)
    return folder


@pytest.fixture(scope="module")
def lessons(folder: Path) -> Lessons:
    """Those photographs, with teachers that were never taught, and what a training of them needs."""
    torch.manual_seed(2)
    efficientnet = torch.nn.Sequential(torch.nn.Conv2d(3, 1280, 16, stride=16), torch.nn.ReLU6())
    teachers = Teachers(MobileNetV2().requires_grad_(False), efficientnet.requires_grad_(False))
    lessons = Lessons(folder, Photographs(folder), teachers, SIDE_PX)
    prepare(lessons, folder, values=16)
    return lessons


def write_shard(folder: Path, names: Sequence[str]) -> None:
    """Put a drawing under each name into a tar file, as the training reads them."""
    with tarfile.open(folder / "train-00.tar", "w") as archive:
        for n, name in enumerate(names):
            data = jpeg(draw(("dots", "rings", "checks")[n % 3], n))
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))


def training(lessons: Lessons, folder: Path, out: Path, recipe: Recipe = TINY) -> Training:
    """A training that keeps its checkpoints in a folder of its own."""
    if not (out / "space.pt").exists():
        (out / "space.pt").symlink_to(folder / "space.pt")
    torch.manual_seed(3)
    return Training(ALONE, out, lessons, Learner(beginner(folder, folder / "first").learn_relatively()), recipe, CPU)


def lines(out: Path) -> list[dict]:
    return [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]


def test_photographs(folder: Path) -> None:
    """One in sixteen is held out, soft sources are left out, and each is as it was in its file."""
    photos = Photographs(folder)
    assert (len(photos), len(photos.training), photos.held_out.tolist()) == (34, 31, [0, 16, 32])
    with tarfile.open(folder / "train-00.tar") as archive:
        file = archive.extractfile("drawn/5.jpg")
        assert file is not None
        expected = views.Image.open(io.BytesIO(file.read())).convert("RGB")
    assert photos[5].tobytes() == expected.tobytes()


def test_folder_without_photographs(tmp_path: Path) -> None:
    """A wrong folder is named."""
    with pytest.raises(ValueError, match=f"{tmp_path.name} has 0 photographs"):
        photographs.decode(tmp_path, tmp_path / "out")


def test_crops(folder: Path) -> None:
    """The same numbers give the same crop, others another; the first is the whole as the product squeezes it."""
    picture = Photographs(folder)[3]
    first, again, other = (views.crop(picture, 3, number, SIDE_PX) for number in (4, 4, 5))
    assert first.tobytes() == again.tobytes() != other.tobytes()
    whole = picture.resize((SIDE_PX, SIDE_PX), views.Image.Resampling.BILINEAR)
    assert views.crop(picture, 3, 0, SIDE_PX).tobytes() == whole.tobytes()


def test_altered_crops(folder: Path) -> None:
    """The same state of chance gives the same inputs, others sometimes others; all are within the model's range."""
    shown = views.crop(Photographs(folder)[3], 3, 1, SIDE_PX)
    inputs = [
        views.to_inputs([views.altered(shown, np.random.default_rng(seed)) for seed in seeds])
        for seeds in (range(8), range(8), range(8, 16))
    ]
    assert torch.equal(inputs[0], inputs[1])
    assert not torch.allclose(inputs[0], inputs[2], atol=0.1)
    assert inputs[0].shape == (8, 3, SIDE_PX, SIDE_PX)
    assert inputs[0].abs().max() <= 1


def test_teachers_are_asked_once(lessons: Lessons, folder: Path) -> None:
    """What they said is read again by whoever opens the folder, and is what they say, but for rounding."""
    crops = lessons.crops([1, 2], [3, 4])
    said = lessons.answers([1, 2], [3, 4], crops)

    class Silent(Teachers):
        def answers(self, inputs: Tensor) -> np.ndarray:
            raise AssertionError("asked again")

    teachers = lessons._teachers
    again = Lessons(folder, Photographs(folder), Silent(teachers.mobilenet, teachers.efficientnet), SIDE_PX)
    assert again.answers([2, 1], [4, 3], crops)[::-1].tobytes() == said.tobytes()

    answers, inputs = Answers.of(said, CPU), views.to_inputs(crops)
    maps, average = teachers.mobilenet.look(inputs, DEPTHS)
    assert torch.allclose(answers.averages[0], average, rtol=1e-3, atol=1e-3)
    assert torch.allclose(answers.averages[1], teachers.averages(inputs)[1], rtol=1e-3, atol=1e-3)
    small = torch.nn.functional.adaptive_avg_pool2d(maps[0], 7)
    assert (answers.maps[0] - small).abs().max() < small.abs().max() / 200


def test_efficientnet_knows_what_it_sees() -> None:
    """With its batch norms folded it gives maps of 1,280 channels, one value for 32 pixels."""
    with torch.no_grad():
        assert efficientnet_lite0()(torch.zeros(1, 3, 64, 64)).shape == (1, 1280, 2, 2)


def test_joined_space() -> None:
    """Cosines in it are near the mean of those in each teacher's half whitened space; the length does not count."""
    averages = [torch.rand(300, 60) @ torch.rand(60, 60) for _ in range(2)]
    joined = Joined.of(averages, values=30)
    vectors = joined.apply(averages)
    assert vectors.shape == (300, 30)
    assert torch.allclose(vectors, joined.apply([3 * averages[0], averages[1]]), atol=1e-4)
    singles = [joined.single(at, averages[at]) for at in (0, 1)]
    mean = sum(some @ some.T for some in singles) / 2
    assert (vectors @ vectors.T - mean).abs().mean() < 0.05
    read = Joined.from_state(joined.state(), CPU)
    assert torch.equal(read.apply(averages), vectors)


def test_learning_relatively_changes_nothing() -> None:
    """Weights as multiples of their size are the same weights, and come back as they were."""
    student, x = Student(MobileNetV2(), 16), torch.rand(2, 3, SIDE_PX, SIDE_PX)
    before = {name: value.clone() for name, value in student.state_dict().items()}
    with torch.no_grad():
        vectors = student(x)[0]
        assert torch.allclose(student.learn_relatively()(x)[0], vectors, atol=1e-5)
    after = student.plain().state_dict()
    assert after.keys() == before.keys()
    assert all(torch.allclose(after[name], before[name], atol=1e-6) for name in before)


def test_distance_of_what_agrees() -> None:
    """Only what the teachers say is at no distance from it."""
    vectors = torch.nn.functional.normalize(torch.rand(3, 8), dim=1)
    logits, maps, anchors = torch.rand(3, 5), (torch.rand(3, 4, 7, 7),), vectors.flip(1)
    targets = Targets(vectors, logits.softmax(1), maps)
    assert total(losses((vectors, logits, list(maps)), targets, anchors)).item() == pytest.approx(0, abs=1e-5)
    apart = losses((vectors.flip(0), logits.flip(0), [maps[0].flip(0)]), targets, anchors)
    assert all(value > 1e-3 for value in apart.values())


def test_blended_pictures_have_blended_targets() -> None:
    """Each picture keeps its share, and the rest of picture and target comes from the one before it."""
    inputs = torch.eye(3)
    targets = Targets(torch.eye(3), torch.eye(3), (torch.eye(3),)).mixed(0.75)
    expected = torch.tensor([[0.75, 0.0, 0.25], [0.25, 0.75, 0.0], [0.0, 0.25, 0.75]])
    assert torch.allclose(mixed(inputs, 0.75), expected)
    assert torch.allclose(targets.labels, expected)
    assert torch.allclose(targets.vectors, torch.nn.functional.normalize(expected, dim=1))


def test_student_learns(lessons: Lessons, folder: Path, tmp_path: Path) -> None:
    """Its vectors come nearer to the teachers' on photographs that were held out, and the log tells so."""
    training(
        lessons, folder, tmp_path, Recipe(batch=8, warm_up=2, small_share=0, rate=3e-3, views=200, judged_views=200)
    ).run()
    first, last = lines(tmp_path)[0], lines(tmp_path)[-1]
    assert (first["views"], last["views"]) == (0, 200)
    assert last["cosine"] > first["cosine"] + 0.02
    assert {"time", "step", "views_per_s", "cpu_s_per_view", "vectors", "maps", "nearest", "top_label"} <= last.keys()


def test_training_that_was_broken_off_goes_on(lessons: Lessons, folder: Path, tmp_path: Path) -> None:
    """Stopped and started again it ends with the very weights of one that was not stopped."""
    (tmp_path / "broken").mkdir()
    (tmp_path / "whole").mkdir()
    for views_ in (8, 16, 24):
        training(lessons, folder, tmp_path / "broken", Recipe(**{**vars(TINY), "views": views_})).run()
    training(lessons, folder, tmp_path / "whole", Recipe(**{**vars(TINY), "views": 24})).run()
    broken, whole = (trained(tmp_path / name / "checkpoint.pt").state_dict() for name in ("broken", "whole"))
    assert all(torch.allclose(broken[name], whole[name], atol=1e-6) for name in whole)


def test_finishing_leaves_the_checkpoint(lessons: Lessons, folder: Path, tmp_path: Path) -> None:
    """The end is a file of its own, at a rate that falls to nothing; what it began with can be trained on."""
    training(lessons, folder, tmp_path, Recipe(**{**vars(TINY), "views": 8})).run()
    before = (tmp_path / "checkpoint.pt").read_bytes()
    finishing = Recipe(**{**vars(TINY), "finish_steps": 4})
    training(lessons, folder, tmp_path, Recipe(**{**vars(finishing), "views": 16})).run()
    training(lessons, folder, tmp_path, finishing).run()
    assert (tmp_path / "checkpoint.pt").read_bytes() == before
    assert lines(tmp_path)[-1]["step"] == 6
    assert torch.load(tmp_path / "finished.pt", weights_only=True)["end"] == 6


def _share_gradients(team: Team, out: Path) -> None:
    parameter = torch.nn.Parameter(torch.zeros(2))
    parameter.grad = torch.tensor([1.0, float(team.rank)])
    heard = team.average_gradients([parameter], signal=1.0 if team.leads else 0.0)
    total_ = team.total(torch.ones(1)).item()
    (out / str(team.rank)).write_text(json.dumps([parameter.grad.tolist(), heard, total_]))


def test_processes_learn_as_one(tmp_path: Path) -> None:
    """Both have the mean of their gradients, and hear what the first one signals."""
    run_together(2, _share_gradients, tmp_path)
    told = [json.loads((tmp_path / str(rank)).read_text()) for rank in (0, 1)]
    assert told == [[[1.0, 0.5], 1.0, 2.0]] * 2


def test_graph_model_is_the_network(tmp_path: Path) -> None:
    """What is written computes, by the numpy reference, what PyTorch computes with the weights as they are kept."""
    graph_model.write(MobileNetV2(0.35), tmp_path, SIDE_PX)
    kept = graph_model.read(tmp_path)
    x = torch.rand(1, 3, SIDE_PX, SIDE_PX) * 2 - 1
    expected = ReferenceModel(tmp_path).execute(x.permute(0, 2, 3, 1).numpy(), [AVERAGE_NODE, LOGITS_NODE])
    for computed, wanted in zip(kept(x), expected, strict=True):
        assert np.abs(computed.numpy().ravel() - wanted.ravel()).max() < 1e-4


def test_weights_are_kept_well_enough(tmp_path: Path) -> None:
    """16 bits, and 8 for the classifier, cost next to nothing."""
    network = MobileNetV2(0.35)
    graph_model.write(network, tmp_path, SIDE_PX)
    x = torch.rand(4, 3, SIDE_PX, SIDE_PX) * 2 - 1
    with torch.no_grad():
        kept, original = graph_model.read(tmp_path)(x), network(x)
    assert torch.cosine_similarity(kept[0], original[0]).min() > 0.9999
    assert (kept[1] - original[1]).abs().max() < 0.02 * original[1].abs().max()


def test_a_student_is_exported(tmp_path: Path) -> None:
    """The last layer of its graph gives its vectors, well enough in 8 bits."""
    student = Student(MobileNetV2(), 16)
    labels = tmp_path / "labels.txt"
    labels.write_text("\n".join(map(str, range(1001))))
    export(student, tmp_path / "model", labels, SIDE_PX, None)
    manifest = json.loads((tmp_path / "model" / "manifest.json").read_text())
    assert (manifest["dimension"], manifest["output"]["embedding_node"]) == (16, "Projection/BiasAdd")
    assert projection_of(tmp_path / "model") is not None
    x = torch.rand(1, 3, SIDE_PX, SIDE_PX) * 2 - 1
    (vector,) = ReferenceModel(tmp_path / "model").execute(x.permute(0, 2, 3, 1).numpy(), ["Projection/BiasAdd"])
    with torch.no_grad():
        assert torch.cosine_similarity(torch.from_numpy(vector).reshape(1, -1), student(x)[0]).item() > 0.999


def test_head_by_least_squares() -> None:
    """Vectors that are linear in the averages are found again."""
    inputs, weights = torch.rand(200, 6), torch.rand(4, 6)
    assert torch.allclose(solve(inputs, inputs @ weights.T, ridge=1e-9), weights, atol=1e-4)


def test_agreement_by_hand() -> None:
    """A student that is its teacher's equal, and one that finds other neighbours."""
    vectors, scores = torch.nn.functional.normalize(torch.rand(30, 8), dim=1), torch.rand(30, 5)
    same = Agreement.of((vectors, scores), (vectors, scores))
    assert [round(value, 5) for value in vars(same).values()] == [1, 1, 1, 1]
    other = Agreement.of((vectors.flip(0), scores.flip(0)), (vectors, scores))
    assert other.cosine < 1
    assert other.nearest < 0.5


def test_mean_average_precision_by_hand() -> None:
    """A pair that is found at once, and one of which a half is found last."""
    vectors = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.8, 0.6], [-1.0, 0.0]])
    groups = np.array(["a", "a", "b", "b"])
    # Each of the first pair finds the other first. The third finds the fourth last of three, and is found first by it.
    assert retrieval.mean_average_precision(vectors, groups) == pytest.approx((1 + 1 + 1 / 3 + 1) / 4)
