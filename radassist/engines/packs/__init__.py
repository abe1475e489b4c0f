"""Model packs: manifests, hashes, installing, fetching, and why one is unavailable."""

from radassist.engines.packs.manifest import Manifest, PackFile, parse_manifest, read_manifest
from radassist.engines.packs.registry import (
    FETCHABLE,
    READY,
    UNAVAILABLE,
    Pack,
    PackStatus,
    Registry,
    open_registry,
)

__all__ = [
    "FETCHABLE",
    "READY",
    "UNAVAILABLE",
    "Manifest",
    "Pack",
    "PackFile",
    "PackStatus",
    "Registry",
    "open_registry",
    "parse_manifest",
    "read_manifest",
]
