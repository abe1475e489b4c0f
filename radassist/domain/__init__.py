"""The domain: study, geometry, finding, report, operation.  Standard library and numpy only."""
