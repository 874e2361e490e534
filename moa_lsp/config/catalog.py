"""Reads everything that configures a server, once, into a ``Catalog``.

The only place below the shell that looks at the user's folders. No file takes another down: what
is wrong is in ``Catalog.problems``, what was ignored in ``Catalog.warnings``. The environment is
looked at for whether a key is there, never for what it is.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs

from moa_lsp.config import files
from moa_lsp.config.compose import Composed, MixSource, compose
from moa_lsp.config.mend import mended
from moa_lsp.config.problems import Fault, inspect, located
from moa_lsp.config.references import settings_faults
from moa_lsp.config.registry import BUILTIN, SPOKEN_APIS, overlaid
from moa_lsp.config.resolve import Catalog, Scope
from moa_lsp.config.settings import ProviderEntry, Settings, is_local
from moa_lsp.config.strict_yaml import Loaded, load
from moa_lsp.config.workspace import narrowed
from moa_lsp.errors import ConfigError, Problem

__all__ = ["Catalog", "bundled_folder", "load_catalog", "user_config"]

CONFIG_VARIABLE = "MOA_LSP_CONFIG"
WORKSPACE_FOLDER = ".moa"
YAML = (".yaml", ".yml")


def load_catalog(
    *,
    config: Path | None = None,
    workspace: Path | None = None,
    trusted: bool = False,
    environ: Mapping[str, str],
    providers: Mapping[str, ProviderEntry] = BUILTIN,
    apis: Collection[str] = SPOKEN_APIS,
    listens: Callable[[str], bool] = lambda _url: False,
) -> Catalog:
    """Read the user's files, the bundled mixes, and what a workspace may say.

    Args:
        config: the user's ``config.yaml``, instead of where it is looked for.
        workspace: root of the workspace.
        trusted: whether the editor says that the workspace is trusted.
        environ: the environment: where the configuration is, and which keys are there.
        providers: those that need no entry.
        apis: the wires that this version speaks.
        listens: says of a URL on this machine whether a server is there.

    Returns:
        Always a catalog: of what is broken, the rest.
    """
    reader = _Reader(environ, providers)
    place = user_config(environ, config)
    chosen = config is not None or bool(environ.get(CONFIG_VARIABLE))
    settings, loaded = reader.settings(place, chosen=chosen)
    base = place.parent
    reader.mixes(bundled_folder(), "bundled")
    for folder in _folders(base, settings.mix_dirs, loaded, "mix_dirs", reader):
        reader.mixes(folder, "user")
    actions = _folders(base, settings.actions_dirs, loaded, "actions_dirs", reader)
    home = reader.home(workspace) if workspace else None
    if home and trusted and (home / "mixes").is_dir():
        reader.mixes(home / "mixes", "workspace", root=home)
    done = compose(reader.sources, reader.providers)
    own = _names(done)
    if loaded:
        faults = settings_faults(settings, own, reader.providers)
        reader.problems += located(_given(faults, loaded), loaded)
    if home:
        settings = reader.narrow(settings, home / "config.yaml", own, trusted=trusted)
    return Catalog(
        settings=settings,
        mixes=done.mixes,
        providers=reader.providers,
        lacks=_lacks(reader.providers, environ),
        apis=frozenset(apis),
        listening=frozenset(
            name
            for name in _local(settings, done, reader.providers)
            if listens(reader.providers[name].base_url)
        ),
        actions_dirs=tuple(map(str, actions)),
        broken=done.broken,
        problems=tuple(sorted({*reader.problems, *done.problems})),
        warnings=tuple(reader.warnings),
        sources=tuple(reader.read),
    )


def user_config(environ: Mapping[str, str], config: Path | None = None) -> Path:
    """Say where the user's ``config.yaml`` is looked for."""
    if config is not None:
        return config
    if environ.get(CONFIG_VARIABLE):
        return Path(environ[CONFIG_VARIABLE]).expanduser()
    return platformdirs.user_config_path("moa-lsp", appauthor=False) / "config.yaml"


def bundled_folder() -> Path:
    """Give the folder of the bundled mixes: in the wheel, else in the repository."""
    package = Path(__file__).resolve().parents[1]
    shipped = package / "bundled_mixes"
    return shipped if shipped.is_dir() else package.parent / "mixes"


@dataclass(slots=True)
class _Reader:
    """What has been read so far."""

    environ: Mapping[str, str]
    providers: Mapping[str, ProviderEntry]
    sources: list[MixSource] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    read: list[str] = field(default_factory=list)

    def load(self, path: Path, *, follow: bool = True) -> Loaded | None:
        """Read one YAML file; ``None`` with its problems noted when it cannot be."""
        self.read.append(str(path))
        try:
            return load(files.read(path, follow=follow), str(path))
        except ConfigError as error:
            self.problems += error.problems
            return None

    def settings(self, path: Path, *, chosen: bool) -> tuple[Settings, Loaded | None]:
        """Read ``config.yaml``; of a broken one the keys that are sound still count."""
        if not chosen and not path.exists():
            return Settings(), None
        loaded = self.load(path)
        if loaded is None:
            return Settings(), None
        _, faults = inspect(Settings, loaded.value)
        settings, _, touched = mended(Settings, loaded.value)
        settings = settings or Settings()
        self.providers, wrong = overlaid(settings, touched, self.providers)
        self.problems += located([*faults, *wrong], loaded)
        return settings, loaded

    def mixes(self, folder: Path, scope: Scope, *, root: Path | None = None) -> None:
        """Read a folder's mix files."""
        if root and not folder.resolve().is_relative_to(root.resolve()):
            message = "a link that leads out of the workspace is not followed"
            self.problems.append(Problem(str(folder), 1, 1, message))
            return
        paths, problems = files.members(folder, YAML)
        self.problems += problems
        for path in paths:
            loaded = self.load(path, follow=scope != "workspace")
            if loaded is not None:
                self.sources.append(MixSource(loaded, scope))

    def home(self, workspace: Path) -> Path | None:
        """Give the workspace's own folder, if it is really there."""
        folder = workspace / WORKSPACE_FOLDER
        if not folder.is_dir():
            return None
        if not folder.resolve().is_relative_to(workspace.resolve()):
            message = "a link that leads out of the workspace is not followed"
            self.problems.append(Problem(str(folder), 1, 1, message))
            return None
        return folder

    def narrow(
        self, settings: Settings, path: Path, mixes: Collection[str], *, trusted: bool
    ) -> Settings:
        """Lay the workspace's ``config.yaml`` over the settings."""
        if not path.exists() and not path.is_symlink():
            return settings
        loaded = self.load(path, follow=False)
        if loaded is None:
            return settings
        settings, problems, warnings = narrowed(settings, loaded, mixes, trusted=trusted)
        self.problems += problems
        self.warnings += warnings
        return settings


def _local(settings: Settings, done: Composed, providers: Mapping[str, ProviderEntry]) -> set[str]:
    """Name the servers on this machine that mixes of ``auto_order`` ask."""
    mixes = [done.mixes[name].mix for name in settings.auto_order if name in done.mixes]
    models = {model for mix in mixes for model in mix.primary_models}
    names = {model.partition("/")[0] for model in models} & providers.keys()
    return {name for name in names if providers[name].sound and is_local(providers[name])}


def _names(done: Composed) -> set[str]:
    """Name the user's and the bundled mixes, broken ones too."""
    ours = {name for name, entry in done.mixes.items() if entry.scope != "workspace"}
    return ours | {name for name in done.broken if not name.endswith(" (workspace)")}


def _folders(
    base: Path, names: tuple[str, ...], loaded: Loaded | None, key: str, reader: _Reader
) -> list[Path]:
    """Give the folders that exist; one that the user names and that is not there is a problem."""
    found: list[Path] = []
    for number, name in enumerate(names):
        folder = base / Path(name).expanduser()
        if folder.is_dir():
            found.append(folder)
        elif loaded and key in loaded.value:
            reader.problems.append(loaded.problem((key, number), f"there is no folder {folder}"))
    return found


def _given(faults: list[Fault], loaded: Loaded) -> list[Fault]:
    """Leave out what the file does not say: our own defaults are not the user's mistakes."""
    return [fault for fault in faults if fault.keys in loaded.places]


def _lacks(providers: Mapping[str, ProviderEntry], environ: Mapping[str, str]) -> dict[str, str]:
    """Say of each provider whose key is to be in the environment what it lacks."""
    lacks: dict[str, str] = {}
    for name, entry in providers.items():
        if entry.api_key_env is None:
            continue
        key = environ.get(entry.api_key_env, "")
        if not key.strip():
            lacks[name] = f"{entry.api_key_env} is not set"
        elif not key.isprintable() or not key.isascii() or " " in key:
            lacks[name] = f"{entry.api_key_env} holds a line break, a space or the like"
    return lacks
