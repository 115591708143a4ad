"""From the master notebook and a persona to an executed notebook, its facts and their rows."""

from .harvest import harvest
from .outline import Outline
from .run import Kernels, run_notebook

__all__ = ["Kernels", "Outline", "harvest", "run_notebook"]
