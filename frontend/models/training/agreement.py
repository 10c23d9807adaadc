"""How well a student's vectors agree with its teacher's, on photographs that neither is taught with."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from frontend.models.training import photographs
from frontend.models.training.network import MobileNetV2


@dataclass(frozen=True)
class Agreement:
    """Each 1 for a student that is the teacher's equal."""

    cosine: float
    """Mean cosine similarity of the embeddings of the same photograph."""
    nearest: float
    """Share of the photographs that have the same nearest neighbour."""
    ten_nearest: float
    """Share of the teacher's ten nearest neighbours that are among the student's."""
    top_label: float
    """Share of the photographs whose best class is the same."""

    def __str__(self) -> str:
        return (
            f"cosine {self.cosine:.4f}, nearest {self.nearest:.3f}, ten nearest {self.ten_nearest:.3f},"
            f" top label {self.top_label:.3f}"
        )


def agreement(student: MobileNetV2, teacher: MobileNetV2, pictures: Tensor, side_px: int) -> Agreement:
    """Compare on whole pictures (N, S, S, 3) uint8; each is a query to the others."""
    (ours, our_scores), (theirs, their_scores) = (outputs(model, pictures, side_px) for model in (student, teacher))
    our_ten, their_ten = _ten_nearest(ours), _ten_nearest(theirs)
    shared = (our_ten.unsqueeze(1) == their_ten.unsqueeze(2)).any(2)
    return Agreement(
        cosine=(ours * theirs).sum(1).mean().item(),
        nearest=(our_ten[:, 0] == their_ten[:, 0]).float().mean().item(),
        ten_nearest=shared.float().mean().item(),
        top_label=(our_scores.argmax(1) == their_scores.argmax(1)).float().mean().item(),
    )


@torch.no_grad()
def outputs(model: MobileNetV2, pictures: Tensor, side_px: int, batch: int = 64) -> tuple[Tensor, Tensor]:
    """Return the vectors (N, 1280) of unit length and the class scores (N, 1001), both float32 in main memory."""
    device, was_training = model.device, model.training
    model.eval()
    results = [model(photographs.to_inputs(some, side_px, device)) for some in pictures.split(batch)]
    model.train(was_training)
    embeddings, scores = (torch.cat([result[n] for result in results]).cpu() for n in (0, 1))
    return functional.normalize(embeddings, dim=1), scores


def _ten_nearest(vectors: Tensor) -> Tensor:
    similarities = vectors @ vectors.T
    return similarities.fill_diagonal_(-2).topk(min(10, len(vectors) - 1), dim=1).indices
