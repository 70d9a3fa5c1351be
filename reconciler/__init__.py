"""Plan and apply for render and HPC compute kept in git."""

__version__ = "0.1.0"
