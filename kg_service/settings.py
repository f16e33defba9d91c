"""What the service can be told, by command line or environment. Every setting is in `SETTINGS` with its sentence."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from .core.errors import ConfigInvalid

# environment variable -> (field, what it does)
SETTINGS: dict[str, tuple[str, str]] = {
    "SKIN_R1_DATA": ("data", "folder of the embedded database; created on first start"),
    "SKIN_R1_DATABASE_URL": ("database_url", "another database instead, for example postgresql://user@host/name"),
    "SKIN_R1_ONTOLOGIES": ("ontologies", "folder of Turtle files for the first import"),
}

_BESIDE_THE_PACKAGE = Path(__file__).resolve().parent.parent / "ontologies"


class Settings(BaseModel):
    """Where the service keeps its data and where it first got it from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data: Path = Path("data")
    database_url: str = ""
    ontologies: Path | None = None

    @property
    def url(self) -> str:
        """The SQLAlchemy URL of the database."""
        if not self.database_url:
            return f"sqlite:///{(self.data / 'skin.db').resolve()}"
        scheme, _, rest = self.database_url.partition("://")
        if scheme in ("postgres", "postgresql"):
            return f"postgresql+psycopg://{rest}"
        return self.database_url

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
