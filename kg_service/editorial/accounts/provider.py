"""The identity provider that the settings name."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from ...core.errors import ConfigInvalid
from ...settings import Settings
from ..actor import ROLES, Role


@dataclass(frozen=True)
class Provider:
    """Who says who people are. With `roles`, the values of `claim` decide about them; otherwise admins do."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    claim: str = ""
    roles: Mapping[str, Role] = field(default_factory=dict)


def provider_of(settings: Settings) -> Provider | None:
    """The provider that the settings name, None without one.

    Raises:
        ConfigInvalid: it is not said completely, or not safe to use.
    """
    if not settings.oidc_issuer:
        return None
    if not settings.oidc_client_id:
        raise ConfigInvalid("SKIN_R1_OIDC_ISSUER needs SKIN_R1_OIDC_CLIENT_ID beside it")
    if not is_safe(settings.oidc_issuer):
        raise ConfigInvalid("SKIN_R1_OIDC_ISSUER must be an https address")
    claim, roles = _mapping(settings.oidc_roles)
    secret = settings.oidc_client_secret.get_secret_value()
    return Provider(settings.oidc_issuer, settings.oidc_client_id, secret, claim, roles)


def _mapping(text: str) -> tuple[str, dict[str, Role]]:
    if not text:
        return "", {}
    claim, _, pairs = text.partition(":")
    roles: dict[str, Role] = {}
    named: dict[str, Role] = {role: role for role in ROLES}
    for pair in pairs.split(","):
        value, _, word = pair.strip().rpartition("=")
        known = named.get(word)
        if not claim or not value or known is None:
            raise ConfigInvalid(
                f"SKIN_R1_OIDC_ROLES is CLAIM:VALUE=ROLE,VALUE=ROLE with the roles {', '.join(ROLES)}, not {text!r}"
            )
        roles[value] = known
    return claim, roles


def is_safe(url: str) -> bool:
    """https, or http on this machine."""
    parts = urlsplit(url)
    if parts.scheme == "https":
        return bool(parts.hostname)
    try:
        return parts.scheme == "http" and ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return parts.hostname == "localhost"
