"""Runs in every process of the frozen program before anything else: the offline guard."""

from radassist import offline

offline.install()
