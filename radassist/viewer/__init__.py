"""Scene state and tools of the viewer, without Qt."""
