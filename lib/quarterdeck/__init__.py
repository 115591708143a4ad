"""One notebook and one body of business data become a different report for every executive."""

__version__ = "0.1.0"
