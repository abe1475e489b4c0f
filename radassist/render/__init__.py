"""Renderings of a report that are not DICOM: text, PDF, key images."""
