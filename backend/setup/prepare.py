"""The whole set-up in one call: the model, then the site."""

from dataclasses import dataclass
from pathlib import Path

from backend.catalogue.spaces import EmbeddingSpace
from backend.settings import Settings, YesNo
from backend.web.static import Site

from .bucket import open_bucket
from .model import install_model
from .report import Report
from .site import build_site

FRONTEND = Path(__file__).parents[2] / "frontend"


@dataclass(frozen=True)
class Prepared:
    """Everything that `create_app` needs besides the settings."""

    space: EmbeddingSpace
    site: Site


def prepare(settings: Settings, report: Report) -> Prepared:
    """
    Install the model, open the bucket to browsers, and build the site, unless that is done already.

    The model comes first, because a wrong setting shows at once, while the site takes some seconds.

    Raises:
        SetupError: Something is missing or wrong; the message says what to do.
        StoreUnavailable: boto3's configuration is invalid; the message says why.
    """
    model = install_model(settings.model, settings.data / "models", FRONTEND / "models", report)
    open_bucket(settings, report)
    heic = settings.heic is YesNo.YES
    return Prepared(model.space, Site(build_site(FRONTEND, report), model.folder, heic))
