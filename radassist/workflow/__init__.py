"""Use cases: open, see, draft, edit, ask, check, sign, export.  They take ports, not adapters."""
