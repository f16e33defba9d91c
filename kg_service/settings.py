"""What the service can be told, by command line or environment. Every setting is in `SETTINGS` with its sentence."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from .core.errors import ConfigInvalid

# environment variable -> (field, what it does)
SETTINGS: dict[str, tuple[str, str]] = {
    "SKIN_R1_DATA": ("data", "folder of the embedded database; created on first start"),
    "SKIN_R1_DATABASE_URL": ("database_url", "another database instead, for example postgresql://user@host/name"),
    "SKIN_R1_ONTOLOGIES": ("ontologies", "folder of Turtle files for the first import"),
    "SKIN_R1_LOG_FORMAT": (
        "log_format",
        "how the log is written to stderr: text for people (default), json for machines",
    ),
    "SKIN_R1_PUBLIC_URL": ("public_url", "the address people use, for example https://skin.example.org"),
    "SKIN_R1_ANONYMOUS_READS": (
        "anonymous_reads",
        "whether the knowledge may be read without signing in; default true",
    ),
    "SKIN_R1_OIDC_ISSUER": ("oidc_issuer", "identity provider for single sign-on; empty for none"),
    "SKIN_R1_OIDC_CLIENT_ID": ("oidc_client_id", "what the identity provider knows this service as"),
    "SKIN_R1_OIDC_CLIENT_SECRET": ("oidc_client_secret", "the secret that goes with it; empty for a public client"),
    "SKIN_R1_OIDC_ROLES": ("oidc_roles", "roles by a claim, for example groups:derm-team=editor,derm-leads=admin"),
    "SKIN_R1_SPARQL_SECONDS": ("sparql_seconds", "how long one SPARQL query may run; default 10"),
    "SKIN_R1_SPARQL_MEGABYTES": ("sparql_megabytes", "how much memory one SPARQL query may take; default 512"),
    "SKIN_R1_SPARQL_UPDATE_URL": (
        "sparql_update_url",
        "a SPARQL 1.1 server to keep a copy in, for example http://host:7878/update; empty for none",
    ),
    "SKIN_R1_SPARQL_QUERY_URL": (
        "sparql_query_url",
        "where that server answers queries; default: the same address with /query for /update",
    ),
    "SKIN_R1_SPARQL_USER": ("sparql_user", "name to sign in there with; empty for none"),
    "SKIN_R1_SPARQL_PASSWORD": ("sparql_password", "the password that goes with it"),
    "SKIN_R1_CASES": (
        "cases",
        "case files, or folders of runs that hold one, whose images the desk shows; joined by the system's separator",
    ),
    "SKIN_R1_TRAJECTORIES": (
        "trajectories",
        "trajectory files, or folders of runs that hold one, which the desk shows beside what they were made from",
    ),
}

_BESIDE_THE_PACKAGE = Path(__file__).resolve().parent.parent / "ontologies"


class Settings(BaseModel):
    """Where the service keeps its data and where it first got it from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: Path = Path("data")
    database_url: str = ""
    ontologies: Path | None = None
    log_format: Literal["text", "json"] = "text"
    public_url: str = ""
    anonymous_reads: bool = True
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    oidc_roles: str = ""
    sparql_seconds: float = Field(10.0, gt=0, le=3600)
    sparql_megabytes: int = Field(512, ge=16)
    sparql_update_url: str = ""
    sparql_query_url: str = ""
    sparql_user: str = ""
    sparql_password: SecretStr = SecretStr("")
    cases: str = ""
    trajectories: str = ""

    @property
    def url(self) -> str:
        """The SQLAlchemy URL of the database."""
        if not self.database_url:
            return f"sqlite:///{(self.data / 'skin.db').resolve()}"
        scheme, _, rest = self.database_url.partition("://")
        if scheme in ("postgres", "postgresql"):
            return f"postgresql+psycopg://{rest}"
        return self.database_url

    def has_ontologies(self) -> bool:
        return (self.ontologies or _BESIDE_THE_PACKAGE).is_dir()

    def ontology_folder(self) -> Path:
        """The Turtle files of the first import.

        Raises:
            ConfigInvalid: there is no such folder.
        """
        folder = self.ontologies or _BESIDE_THE_PACKAGE
        if not folder.is_dir():
            raise ConfigInvalid(
                f"the data folder {self.data} holds no release yet and there is no folder of Turtle files at {folder} "
                "to import. Name one with --ontologies DIR or SKIN_R1_ONTOLOGIES, or start on existing data."
            )
        return folder


def read_settings(environ: Mapping[str, str], **given: object) -> Settings:
    """Settings from the environment; what the command line gives (not None) wins.

    Raises:
        ConfigInvalid: a value has the wrong type.
    """
    values: dict[str, object] = {field: environ[name] for name, (field, _) in SETTINGS.items() if environ.get(name)}
    values.update({field: value for field, value in given.items() if value is not None})
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise ConfigInvalid(f"the settings cannot be used: {error}") from error


def write_settings(settings: Settings) -> dict[str, str]:
    """The environment from which `read_settings` makes these settings: how they reach a process started for us."""
    values = {name: getattr(settings, field) for name, (field, _) in SETTINGS.items()}
    plain = {
        name: value.get_secret_value() if isinstance(value, SecretStr) else value for name, value in values.items()
    }
    return {name: str(value) for name, value in plain.items() if value is not None and value != ""}
