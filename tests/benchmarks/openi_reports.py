"""The public Open-i chest reports, for the benchmarks beside this file."""

from radassist.library.openi import OpenReport, find_archive, load

__all__ = ["OpenReport", "find_archive", "load"]
