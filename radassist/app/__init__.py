"""Composition root: the only place that joins adapters to workflow and ui."""
