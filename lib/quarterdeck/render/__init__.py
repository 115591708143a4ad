"""From executed notebooks to a finished static site: page notebooks, two renderers, and the swap into place."""

from .deliveries import put_deliveries
from .renderer import Renderer, choose
from .site import Site, build_site

__all__ = ["Renderer", "Site", "build_site", "choose", "put_deliveries"]
