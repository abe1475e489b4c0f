"""PySide6 windows and panels; each panel has a Qt-free state object beside it."""
