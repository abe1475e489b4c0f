"""Child processes for native code: request ids, progress, cancel, deadline; stdlib only."""
