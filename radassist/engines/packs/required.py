"""Packs that the administrator's policy requires to be there."""

from __future__ import annotations

import hashlib

from radassist.engines.packs.registry import READY, Registry
from radassist.errors import PackFault, PolicyFault
from radassist.settings import Policy


def missing_packs(registry: Registry, policy: Policy) -> list[str]:
    """A sentence for each pack that the policy requires and that is not there as it asks."""
    said = []
    for wanted in policy.packs:
        status = registry.status(wanted.id)
        if status is None or status.state != READY:
            why = "" if status is None else f" ({status.reason.rstrip('.')})"
            said.append(f"The policy requires the pack {wanted.id}, which is missing{why}.")
        elif wanted.sha256 and _manifest_hash(registry, wanted.id) != wanted.sha256:
            said.append(
                f"The policy requires another version of the pack {wanted.id} than {status.version}"
                " (its pack.toml has another sha256)."
            )
    return said


def must_have_packs(registry: Registry, policy: Policy) -> None:
    """:raises PolicyFault: a pack that the policy requires is missing."""
    said = missing_packs(registry, policy)
    if said:
        raise PolicyFault(said[0], "Ask your administrator for the pack; nothing was drafted.")


def _manifest_hash(registry: Registry, pack_id: str) -> str:
    try:
        return hashlib.sha256(registry.get(pack_id).manifest.text).hexdigest()
    except PackFault:
        return ""  # its manifest went bad a moment ago: not the one that is required
