"""All that the notebook imports: a report to open, and the definitions of figures."""

from .desk import Desk, open_report, warm_up
from .measure import Measure

__all__ = ["Desk", "Measure", "open_report", "warm_up"]
