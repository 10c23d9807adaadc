"""How well a student's vectors agree with its teachers', on photographs that it is not taught with."""

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Agreement:
    """Each 1 for a student that is its teachers' equal."""

    cosine: float
    """Mean cosine similarity of the vectors of the same photograph."""
    nearest: float
    """Share of the photographs that have the same nearest neighbour."""
    ten_nearest: float
    """Share of the teachers' ten nearest neighbours that are among the student's."""
    top_label: float
    """Share of the photographs whose best class is the same."""

    def __str__(self) -> str:
        return (
            f"cosine {self.cosine:.4f}, nearest {self.nearest:.3f}, ten nearest {self.ten_nearest:.3f},"
            f" top label {self.top_label:.3f}"
        )

    @classmethod
    def of(cls, ours: tuple[Tensor, Tensor], theirs: tuple[Tensor, Tensor]) -> "Agreement":
        """
        Compare; each photograph is a query to the others.

        Args:
            ours: Vectors (N, D) of unit length, and logits (N, C) or any scores.
            theirs: Likewise.
        """
        (our_vectors, our_scores), (their_vectors, their_scores) = ours, theirs
        our_ten, their_ten = _ten_nearest(our_vectors), _ten_nearest(their_vectors)
        shared = (our_ten.unsqueeze(1) == their_ten.unsqueeze(2)).any(2)
        return cls(
            cosine=(our_vectors * their_vectors).sum(1).mean().item(),
            nearest=(our_ten[:, 0] == their_ten[:, 0]).float().mean().item(),
            ten_nearest=shared.float().mean().item(),
            top_label=(our_scores.argmax(1) == their_scores.argmax(1)).float().mean().item(),
        )


def _ten_nearest(vectors: Tensor) -> Tensor:
    similarities = vectors @ vectors.T
    return similarities.fill_diagonal_(-2).topk(min(10, len(vectors) - 1), dim=1).indices
