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
from moa_lsp.config.apis import SPOKEN_APIS
from moa_lsp.config.check_names import settings_faults
from moa_lsp.config.compose import CompositionResult, MixSource, compose
from moa_lsp.config.fingerprints import Stamp, stamp
from moa_lsp.config.last_good import LastGoodConfig, ValidConfig
from moa_lsp.config.problems import Fault, inspect, located
from moa_lsp.config.recover import mended
from moa_lsp.config.registry import BUILTIN, EMBEDDED, overlaid
from moa_lsp.config.resolve import Catalog, Scope
from moa_lsp.config.settings import (
    AUTO,
    AUTO_INLINE,
    FALLBACK_MIX,
    INLINE_ORDER,
    InlineSettings,
    ProviderEntry,
    Settings,
    is_local,
)
from moa_lsp.config.strict_yaml import YamlDocument, load
from moa_lsp.config.workspace import narrowed
from moa_lsp.errors import ConfigError, Problem

__all__ = ["Catalog", "bundled_folder", "embedded_catalog", "load_catalog", "user_config"]

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
    memory: LastGoodConfig | None = None,
    mix_file: Path | None = None,
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
        memory: of earlier readings: a file that is broken now counts as it was when it was good.
        mix_file: one more mix of the user, which hides another of its name.

    Returns:
        Always a catalog: of what is broken, the rest.
    """
    place = user_config(environ, config)
    chosen = config is not None or bool(environ.get(CONFIG_VARIABLE))
    memory = LastGoodConfig() if memory is None else memory
    asked = _CatalogRequest(
        place, chosen, workspace, trusted, environ, frozenset(apis), listens, mix_file
    )
    reader = _CatalogReader(environ, providers, memory)
    found = reader.catalog(asked)
    blamed = [problem for problem in found.problems if problem.path == str(place)]
    sound = memory.configs.get(str(place))
    if not blamed or sound is None:
        memory.sources = reader.good
        return found
    held = _CatalogReader(environ, sound.providers, memory, problems=blamed, seen=reader.seen)
    held.kept.add(str(place))
    kept = held.catalog(asked, sound.settings)
    memory.sources = held.good
    return kept


def embedded_catalog() -> Catalog:
    """Give the bundled mixes that reach nothing outside this machine, and no file of the user's.

    What the user forbids is not known here, so no provider but the embedded one is in it.
    """
    names = (FALLBACK_MIX, INLINE_ORDER[-1])
    providers = {EMBEDDED: BUILTIN[EMBEDDED]}
    paths = [str(bundled_folder() / f"{name}.yaml") for name in names]
    sources = [MixSource(load(files.read(Path(path)), path), "bundled") for path in paths]
    return Catalog(
        settings=Settings(mix=names[0], inline=InlineSettings(mix=names[1])),
        mixes=compose(sources, providers).mixes,
        providers=providers,
        apis=frozenset({EMBEDDED}),
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


@dataclass(frozen=True, slots=True)
class _CatalogRequest:
    """What is to be read."""

    place: Path
    chosen: bool
    workspace: Path | None
    trusted: bool
    environ: Mapping[str, str]
    apis: frozenset[str]
    listens: Callable[[str], bool]
    mix_file: Path | None = None


@dataclass(slots=True)
class _CatalogReader:
    """What has been read so far."""

    environ: Mapping[str, str]
    providers: Mapping[str, ProviderEntry]
    memory: LastGoodConfig
    sources: list[MixSource] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    read: list[str] = field(default_factory=list)
    seen: dict[str, Stamp] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)
    good: dict[str, MixSource] = field(default_factory=dict)
    _members: set[str] = field(default_factory=set)

    def catalog(self, asked: _CatalogRequest, settings: Settings | None = None) -> Catalog:
        """Read everything once.

        Args:
            asked: what.
            settings: of the user, instead of those in the file.
        """
        loaded: YamlDocument | None = None
        self.look(asked.place)
        if settings is None:
            settings, loaded = self.settings(asked.place, chosen=asked.chosen)
        mine = settings
        base = asked.place.parent
        self.mixes(bundled_folder(), "bundled")
        for folder in self.folders(base, settings.mix_dirs, loaded, "mix_dirs"):
            self.mixes(folder, "user")
        actions = self.folders(base, settings.actions_dirs, loaded, "actions_dirs")
        home = self.home(asked.workspace) if asked.workspace else None
        if home and asked.trusted and (home / "mixes").is_dir():
            self.mixes(home / "mixes", "workspace", root=home)
        if asked.mix_file is not None:
            self.mix(asked.mix_file)
        done, problems = self.composed()
        own = _names(done)
        if loaded:
            faults = settings_faults(settings, own, self.providers)
            self.problems += located(_given(faults, loaded), loaded)
        if str(asked.place) not in {problem.path for problem in self.problems}:
            self.memory.configs[str(asked.place)] = ValidConfig(mine, self.providers)
        if home:
            settings = self.narrow(settings, home / "config.yaml", own, trusted=asked.trusted)
        return Catalog(
            settings=settings,
            mixes=done.mixes,
            providers=self.providers,
            lacks=_lacks(self.providers, asked.environ),
            apis=asked.apis,
            listening=frozenset(
                name
                for name in _local(settings, done, self.providers)
                if asked.listens(self.providers[name].base_url)
            ),
            actions_dirs=tuple(map(str, actions)),
            broken=done.broken,
            problems=tuple(sorted({*self.problems, *problems})),
            warnings=tuple(self.warnings),
            sources=tuple(self.read),
            seen=dict(self.seen),
            kept=frozenset(self.kept),
        )

    def look(self, path: Path) -> None:
        """Note what a file or folder is like, before it is read."""
        self.seen.setdefault(str(path), stamp(path))

    def composed(self) -> tuple[CompositionResult, list[Problem]]:
        """Make the mixes whole, broken ones from their last good version.

        Returns:
            The mixes; the problems of the files as they are now.
        """
        now = compose(self.sources, self.providers)
        sound = {entry.origin for entry in now.mixes.values()}
        last = self.memory.sources
        older = [last[path] for path in sorted(self._members - sound) if path in last]
        by_path = {source.loaded.path: source for source in self.sources}
        self.good = {path: by_path[path] for path in sound}
        if not older:
            return now, now.problems
        replaced = {source.loaded.path for source in older}
        current = [one for one in self.sources if one.loaded.path not in replaced]
        done = compose([*current, *older], self.providers)
        used = {entry.origin for entry in done.mixes.values()} & replaced
        self.kept |= used
        self.good.update((source.loaded.path, source) for source in older)
        return done, now.problems

    def load(self, path: Path, *, follow: bool = True) -> YamlDocument | None:
        """Read one YAML file; ``None`` with its problems noted when it cannot be."""
        self.read.append(str(path))
        try:
            return load(files.read(path, follow=follow), str(path))
        except ConfigError as error:
            self.problems += error.problems
            return None

    def settings(self, path: Path, *, chosen: bool) -> tuple[Settings, YamlDocument | None]:
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
        self.look(folder)
        paths, problems = files.members(folder, YAML)
        self.problems += problems
        self._members |= {*map(str, paths), *(problem.path for problem in problems)}
        for path in paths:
            loaded = self.load(path, follow=scope != "workspace")
            if loaded is not None:
                self.sources.append(MixSource(loaded, scope))

    def mix(self, path: Path) -> None:
        """Read one mix file of the user; it stands for other mixes of the user of its name."""
        loaded = self.load(path)
        if loaded is not None:
            name = loaded.value.get("name")
            others = [one for one in self.sources
                      if one.scope != "user" or one.loaded.value.get("name") != name]  # fmt: skip
            self.sources = [*others, MixSource(loaded, "user")]

    def home(self, workspace: Path) -> Path | None:
        """Give the workspace's own folder, if it is really there."""
        folder = workspace / WORKSPACE_FOLDER
        for place in (folder, folder / "mixes"):
            self.look(place)
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
            self.memory.workspaces.pop(str(path), None)
            return settings
        loaded = self.load(path, follow=False)
        if loaded is not None:
            laid, problems, warnings = narrowed(settings, loaded, mixes, trusted=trusted)
            self.problems += problems
            if laid is not None:
                self.memory.workspaces[str(path)] = loaded
                self.warnings += warnings
                return laid
        last = self.memory.workspaces.get(str(path))
        if last is None:
            return settings
        self.kept.add(str(path))
        return narrowed(settings, last, mixes, trusted=trusted)[0] or settings

    def folders(
        self, base: Path, names: tuple[str, ...], loaded: YamlDocument | None, key: str
    ) -> list[Path]:
        """Give the folders that exist; one that the user names and that is not is a problem."""
        found: list[Path] = []
        for number, name in enumerate(names):
            folder = base / Path(name).expanduser()
            self.look(folder)
            if folder.is_dir():
                found.append(folder)
            elif loaded and key in loaded.value:
                self.problems.append(loaded.problem((key, number), f"there is no folder {folder}"))
        return found


def _local(
    settings: Settings, done: CompositionResult, providers: Mapping[str, ProviderEntry]
) -> set[str]:
    """Name the servers on this machine that mixes ask which are chosen by themselves."""
    inline = settings.inline
    chosen = INLINE_ORDER if inline.enabled and inline.mix in (AUTO, AUTO_INLINE) else ()
    names_of_mixes = (*settings.auto_order, *chosen)
    mixes = [done.mixes[name].mix for name in names_of_mixes if name in done.mixes]
    models = {model for mix in mixes for model in mix.primary_models}
    names = {model.partition("/")[0] for model in models} & providers.keys()
    return {name for name in names if providers[name].sound and is_local(providers[name])}


def _names(done: CompositionResult) -> set[str]:
    """Name the user's and the bundled mixes, broken ones too."""
    ours = {name for name, entry in done.mixes.items() if entry.scope != "workspace"}
    return ours | {name for name in done.broken if not name.endswith(" (workspace)")}


def _given(faults: list[Fault], loaded: YamlDocument) -> list[Fault]:
    """Leave out what the file does not say: our own defaults are not the user's mistakes."""
    return [fault for fault in faults if fault.keys in loaded.places]


def _lacks(providers: Mapping[str, ProviderEntry], environ: Mapping[str, str]) -> dict[str, str]:
    """Say of each provider whose key is to be in the environment what it lacks."""
    lacks: dict[str, str] = {}
    for name, entry in providers.items():
        of_headers = [header.env for header in entry.headers.values()]
        for variable in filter(None, (entry.api_key_env, *of_headers)):
            key = environ.get(variable, "")
            if not key.strip():
                lacks[name] = f"{variable} is not set"
            elif not key.isprintable() or not key.isascii() or " " in key:
                lacks[name] = f"{variable} holds a line break, a space or the like"
    return lacks
