"""DICOM adapter: files, grouping, geometry, decoding in worker processes, SR writing."""
