"""Single sign-on with OpenID Connect: the authorization code flow with PKCE, state and nonce.

One random secret in the browser's cookie ties the way there to the way back: state, nonce and verifier are hashes of
it, so that nothing need be kept here, and a code that somebody else was given is of no use.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ...core.errors import IdentityRefused, IdentityUnavailable
from ..actor import ROLES, Role
from .provider import Provider, is_safe

_SECONDS = 10.0
_LEEWAY = 60
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
_DISCOVERY = "/.well-known/openid-configuration"


@dataclass(frozen=True, slots=True)
class Identity:
    """What the provider said. `subject` is unique and for good; `role` is None where the settings map none."""

    subject: str
    name: str
    role: Role | None


def authorization_url(provider: Provider, secret: str, *, callback: str) -> str:
    """Where to send a browser that holds `secret`.

    Raises:
        IdentityUnavailable: the provider does not answer.
    """
    with _errors(), _http() as http:
        found = _discover(http, provider)
        url, _ = _client(http, provider, callback).create_authorization_url(
            found["authorization_endpoint"],
            state=_derived(secret, "state"),
            nonce=_derived(secret, "nonce"),
            code_verifier=_derived(secret, "verifier"),
        )
    return url


def identify(provider: Provider, secret: str, *, code: str, state: str, callback: str, now: datetime) -> Identity:
    """Who came back.

    Args:
        secret: what the browser's cookie holds.
        code, state: what the provider gave the browser.

    Raises:
        IdentityRefused: the way back does not fit the way there, or the provider's word does not hold.
        IdentityUnavailable: the provider does not answer.
    """
    if not secret or not hmac.compare_digest(state.encode(), _derived(secret, "state").encode()):
        raise IdentityRefused("this sign-in was not begun in this browser, or too long ago; begin again")
    with _errors(), _http() as http:
        found = _discover(http, provider)
        given = _client(http, provider, callback).fetch_token(
            found["token_endpoint"],
            grant_type="authorization_code",
            code=code,
            code_verifier=_derived(secret, "verifier"),
            **_authentication(provider),
        )
        claims = _claims(given, _json(http, found["jwks_uri"]), provider, _derived(secret, "nonce"), now)
    return Identity(f"{provider.issuer} {claims['sub']}", _name(claims), _role(provider, claims))


def _claims(given: Mapping[str, Any], keys: Any, provider: Provider, nonce: str, now: datetime) -> Mapping[str, Any]:
    from authlib.oidc.core import CodeIDToken
    from joserfc import jwt
    from joserfc.jwk import KeySet

    token = jwt.decode(given["id_token"], KeySet.import_key_set(keys), algorithms=_ALGORITHMS)
    claims = CodeIDToken(
        token.claims,
        token.header,
        {"iss": {"essential": True, "value": provider.issuer}, "aud": {"essential": True, "value": provider.client_id}},
        {"nonce": nonce, "client_id": provider.client_id, "access_token": given.get("access_token")},
    )
    claims.validate(now=int(now.timestamp()), leeway=_LEEWAY)
    if not isinstance(claims["sub"], str) or not claims["sub"].isprintable() or not 0 < len(claims["sub"]) <= 255:
        raise IdentityRefused("the identity provider names nobody")
    return claims


def _name(claims: Mapping[str, Any]) -> str:
    asked = (claims.get("preferred_username"), claims.get("email"), claims["sub"])
    return next(value for value in asked if isinstance(value, str) and value)


def _role(provider: Provider, claims: Mapping[str, Any]) -> Role | None:
    if not provider.roles:
        return None
    value: Any = claims
    for part in provider.claim.split("."):  # `realm_access.roles` is a list inside an object
        value = value.get(part) if isinstance(value, Mapping) else None
    values = value if isinstance(value, list) else [value]
    held: list[Role] = [provider.roles[word] for word in values if isinstance(word, str) and word in provider.roles]
    if not held:
        raise IdentityRefused("the identity provider gives you no role here; ask for one")
    return max(held, key=lambda role: ROLES.index(role))


# -- the provider over HTTP --------------------------------------------------------------------------------------


def _http() -> Any:
    import httpx

    return httpx.Client(timeout=_SECONDS, follow_redirects=False)


def _client(http: Any, provider: Provider, callback: str) -> Any:
    from authlib.oauth2.client import OAuth2Client

    return OAuth2Client(
        http,
        client_id=provider.client_id,
        scope="openid profile email",
        redirect_uri=callback,
        code_challenge_method="S256",
    )


def _authentication(provider: Provider) -> dict[str, Any]:
    """How the token endpoint knows us: `client_secret_basic`, or by name alone."""
    import httpx

    if provider.client_secret:
        return {"auth": httpx.BasicAuth(provider.client_id, provider.client_secret)}
    return {"auth": httpx.Auth(), "client_id": provider.client_id}


def _discover(http: Any, provider: Provider) -> Mapping[str, str]:
    found = _json(http, provider.issuer.rstrip("/") + _DISCOVERY)
    if found.get("issuer") != provider.issuer:
        raise IdentityUnavailable("the identity provider describes itself as another one")
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        if not is_safe(found[name]):
            raise IdentityUnavailable(f"the identity provider's {name} is not an https address")
    return found


def _json(http: Any, url: str) -> Any:
    answer = http.get(url)
    answer.raise_for_status()
    return answer.json()


@contextmanager
def _errors() -> Iterator[None]:
    """Whatever a provider can do wrong as one of two errors of ours. Theirs could repeat a code: not said."""
    import httpx
    from authlib.common.errors import AuthlibBaseError
    from joserfc.errors import JoseError

    try:
        yield
    except (AuthlibBaseError, JoseError) as error:
        raise IdentityRefused(f"the identity provider's word does not hold: {type(error).__name__}") from None
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, TypeError, KeyError, AttributeError) as error:
        raise IdentityUnavailable(f"the identity provider cannot be used now: {type(error).__name__}") from None


def _derived(secret: str, purpose: str) -> str:
    digest = hmac.digest(secret.encode(), purpose.encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
