"""What programs import: the client of a Lookalike server, see `frontend.client`."""

from frontend.client import *  # noqa: F403
from frontend.client import __all__, __doc__  # noqa: F401
