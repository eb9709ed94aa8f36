"""``pyodide-abi runtime check``: the facts and symbols of a runtime, and wheels, held against a platform."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from pyodide_abi.errors import FailedError, UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from pyodide_abi.cli.session import Session
    from pyodide_abi.platforms.model import Platform
    from pyodide_abi.platforms.surface import Symbol
    from pyodide_abi.report.verdict import BrokenWheel, Verdict
    from pyodide_abi.runtime.learning.describing import Findings
    from pyodide_abi.runtime.learning.promises import BrokenPromise
    from pyodide_abi.runtime.learning.sources import Obtained


def check(args: argparse.Namespace, session: Session) -> Verdict:
    """Hold a runtime against a platform.

    Raises:
        UsageError: it does not say its platform and none is named, or the wheels are in no folder.
        FailedError: it cannot be read.
    """
    from pyodide_abi.platforms import load_platform
    from pyodide_abi.platforms.versions import version_key
    from pyodide_abi.report.verdict import Verdict
    from pyodide_abi.runtime.learning.describing import platform_of
    from pyodide_abi.runtime.learning.learn import read
    from pyodide_abi.runtime.learning.promises import Checked, broken_facts

    wheels = _wheels_of(args.wheels, session.cwd) if args.wheels else ()
    named = load_platform(args.platform) if args.platform else None
    with tempfile.TemporaryDirectory(prefix="pyodide-abi-") as scratch:
        obtained = _obtained(args.release, session, Path(scratch))
        found = read(obtained, obtained.version, session.host)
        platform = named or platform_of(found.reading)
        if platform is None:
            raise UsageError(
                f"the runtime says that it is of platform '{found.abi}', which is not known",
                hint="--platform NAME names the one whose promises it is to keep",
            )
        version = obtained.version
        # A build of one's own follows the release that it has the version of.
        own = obtained.origin != "npm"
        earlier = [
            release
            for release in platform.releases
            if "+" not in release.version
            and (version_key(release.version) < version_key(version) or (own and release.version == version))
        ]
        broken, gone_before = _symbols(found, platform, [release.version for release in earlier])
        checked = Checked(
            reading=found.reading,
            recognition=found.recognised,
            platform=platform,
            before=earlier[-1] if earlier else None,
            offered=_offered(platform, earlier[-1].version) if earlier else {},
        )
        broken = [*broken_facts(checked), *broken]
        hurt, unlooked = _hurt(wheels, found, platform, earlier[-1].version, session) if earlier else ((), "")
    return Verdict(
        runtime=version,
        origin=obtained.origin,
        platform=platform.name,
        earlier=tuple(release.version for release in earlier),
        broken=tuple(broken),
        gone_before=tuple(gone_before),
        wheels=len(wheels),
        broken_wheels=tuple(hurt),
        unlooked=unlooked,
    )


def _obtained(source: str, session: Session, scratch: Path) -> Obtained:
    """The runtime: a release that is known, or whatever can be learned."""
    from pyodide_abi.platforms import load_platforms
    from pyodide_abi.runtime.learning.sources import Obtained, obtain
    from pyodide_abi.runtime.releases import install_release

    for platform in load_platforms():
        for release in platform.releases:
            if release.version == source:
                return Obtained(
                    folder=install_release(release, session.host),
                    origin="npm" if release.learned is None else release.learned.origin,
                    integrity=release.integrity,
                    version=source,
                    files={},
                )
    return obtain(source, session.cwd, session.host, scratch)


def _wheels_of(folder: str, cwd: Path) -> Sequence[Path]:
    place = cwd / Path(folder).expanduser()
    if not place.is_dir():
        raise UsageError(f"there is no folder {place}", hint="--wheels names a folder of wheels")
    return sorted(place.glob("*.whl"))


def _offered(platform: Platform, release: str) -> dict[str, Symbol]:
    from pyodide_abi.platforms import load_surface

    return dict(load_surface(platform).symbols(release))


def _symbols(
    found: Findings, platform: Platform, earlier: Sequence[str]
) -> tuple[list[BrokenPromise], list[str]]:
    """The broken promises about symbols, and the names that were gone before."""
    from pyodide_abi.linker.promised_symbols import broken_symbols
    from pyodide_abi.platforms import load_surface
    from pyodide_abi.platforms.surface import REFERENCE_ENGINE, decode_surface
    from pyodide_abi.runtime.learning.learn import surface_of
    from pyodide_abi.runtime.learning.promises import Aspect, BrokenPromise, Harm

    surface = decode_surface(surface_of(found, platform), file="the runtime's symbols")
    every = broken_symbols(platform, load_surface(platform), earlier, surface, REFERENCE_ENGINE)
    broken = [
        BrokenPromise(
            aspect=Aspect.SYMBOL,
            harm=Harm.ERROR,
            what=symbol.name,
            promised=f"{symbol.promised} ({symbol.had})",
            found=symbol.found,
            effect=symbol.effect,
        )
        for symbol in every
        if symbol.lasted
    ]
    return broken, [symbol.name for symbol in every if not symbol.lasted]


def _hurt(
    wheels: Sequence[Path], found: Findings, platform: Platform, before: str, session: Session
) -> tuple[Sequence[BrokenWheel], str]:
    """The wheels that are worse off than in the release before; and why none was looked at, if so."""
    from pyodide_abi.platforms.known import use_learned
    from pyodide_abi.platforms.learned import learned_folder
    from pyodide_abi.runtime.learning.learn import keep

    if not wheels:
        return (), ""
    kept = learned_folder()
    with tempfile.TemporaryDirectory(prefix="pyodide-abi-") as scratch:
        try:
            # It is learned, for as long as the wheels are looked at, under a name that no release has.
            use_learned(Path(scratch))
            entry = keep(found.called(f"{found.version.partition('+')[0]}+checked"), Path(scratch), platform)
            return list(_worse(wheels, platform.name, before, entry.version, session)), ""
        except FailedError as error:
            return (), error.message
        finally:
            use_learned(kept)


def _worse(
    wheels: Sequence[Path], platform: str, before: str, release: str, session: Session
) -> Iterator[BrokenWheel]:
    from pyodide_abi.audit.many import audit_files
    from pyodide_abi.linker import Outcome
    from pyodide_abi.report.verdict import BrokenWheel

    for audited in audit_files(wheels, select=("ABI2",)):
        if audited.error:
            session.host.progress.say(f"{audited.file.name}: {audited.error.message}")
        elif audited.report and audited.report.platform == platform:
            for module in audited.report.modules:
                old, new = module.judged(before), module.judged(release)
                fatal = {call.symbol for call in new.undefined_calls} - {
                    call.symbol for call in old.undefined_calls
                }
                if new.outcome is Outcome.FAILS and old.outcome is not Outcome.FAILS:
                    reason = new.problems[0].text
                elif fatal:
                    reason = f"a call of {', '.join(sorted(fatal))} ends the interpreter"
                else:
                    continue
                yield BrokenWheel(wheel=audited.file.name, module=module.path, reason=reason)
