"""``pyodide-abi build``: source to wheel, audited and, if asked, loaded in the real runtimes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pyodide_abi.cli.settings import set_by
from pyodide_abi.report.printable import printable
from pyodide_abi.values import value

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from pyodide_abi.audit import Report
    from pyodide_abi.build import BuildResult
    from pyodide_abi.cli.session import Session
    from pyodide_abi.platforms.model import Platform
    from pyodide_abi.runtime.verify import Verification
    from pyodide_abi.toolchain import Toolchain

DESCRIPTION = """\
Build a wheel for a version of the platform, with the project's own build backend (PEP 517).

The backend and its requirements are installed in a fresh environment of a CPython of the platform's minor
version, which answers for the target when it is asked about the machine. The compiler, the headers, the
interpreter and the runtime are found or fetched, once. The project's folder is copied first, so that nothing
of the build stays in it. What the project passes to the compiler is rewritten for the platform: required
flags are added, forbidden ones are errors, ones that mean a native machine are left out with a remark.

The wheel is audited at the end, and an error of the audit fails the build; the wheel is there to be looked
at. Every option is also a variable (PYODIDE_ABI_OUTDIR) and a key of [tool.pyodide-abi] in pyproject.toml.
"""

EXAMPLES = """\
examples:
  pyodide-abi build
      the project in this folder, for the newest stable platform, into dist/
  pyodide-abi build examples/gridcalc --platform 314_0 --platform 2025_0 --verify
      for two platforms; each wheel is then loaded in every release of its platform
  pyodide-abi build contourpy==1.3.3 --platform 2025_0
      the sdist from the package index, never a wheel
  pyodide-abi build spam-1.0.tar.gz --exports requested -v
      an sdist; modules export their visible symbols, not PyInit_ only; show all output
  pyodide-abi build --config-setting=--build-option=--verbose --toolchain-mismatch allow
      options for the backend; take a compiler of another version where the exact one cannot be had

exit status: 0 every wheel is built and has no errors, 1 a build failed, a wheel has errors or does not load,
2 sources that cannot be read or a wrong call, 3 a compiler, an interpreter or the network cannot be had.
"""


@value
class _Done:
    """One platform's wheel and what was found out about it."""

    platform: Platform
    toolchain: Toolchain
    result: BuildResult
    report: Report
    verification: Verification | None

    @property
    def ok(self) -> bool:
        return not self.report.failed and (self.verification is None or self.verification.ok)


def configure(parser: argparse.ArgumentParser) -> None:
    """Add arguments, a description and examples."""
    from pyodide_abi.cli.target import add_platforms_option, add_target_options

    parser.description = DESCRIPTION
    parser.epilog = EXAMPLES
    parser.add_argument(
        "source",
        nargs="?",
        default=".",
        metavar="SOURCE",
        help="a project's folder (default: .), an sdist, or NAME or NAME==VERSION from the package index",
    )
    add_platforms_option(parser)
    parser.add_argument(
        "-o",
        "--outdir",
        default="dist",
        metavar="DIR",
        help="where wheels go (default: dist, in the working folder)",
    )
    parser.add_argument(
        "--tag", default="", metavar="TAG", help="another spelling of the platform's wheel tag"
    )
    parser.add_argument(
        "--report",
        metavar="DIR",
        help="put the build's report (tools, versions, exports) and compile commands there (default: the "
        "cache's folder logs)",
    )
    parser.add_argument(
        "--config-setting",
        action="append",
        default=[],
        metavar="K=V",
        help="for the build backend; may be repeated, also with one K",
    )
    add_target_options(parser)
    parser.add_argument(
        "--no-libraries",
        action="store_true",
        help="do not make a library that the build lacks; say which one it is",
    )
    parser.add_argument(
        "--verify", action="store_true", help="load the wheel in every release of its platform"
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="show what backend and compilers write")
    parser.add_argument(
        "--format", choices=("text", "json"), default="text", help="for people (the default) or for programs"
    )


def run(args: argparse.Namespace, session: Session) -> int:
    """Build for each platform; 1 if a wheel could not be built, or is not good."""
    from pyodide_abi.build.staging import check_source
    from pyodide_abi.errors import BuildFailedError
    from pyodide_abi.platforms import default_platform, load_platform

    names = dict.fromkeys(args.platform)
    platforms = [load_platform(name) for name in names] or [default_platform()]
    if not _is_named(args.source, session):
        check_source(session.cwd / Path(args.source).expanduser())
    done: list[_Done] = []
    failures: list[BuildFailedError] = []
    for platform in dict.fromkeys(platforms):
        try:
            one = _build(platform, args, session)
        except BuildFailedError as error:
            if len(platforms) == 1:
                raise
            failures.append(error)
            continue
        done.append(one)
        if args.format == "text":
            _write(one, set_by(args, "toolchain_mismatch"), session)
    if args.format == "json":
        from pyodide_abi.report.envelope import to_envelope

        results = [_as_data(one) for one in done]
        summary = {"ok": sum(one.ok for one in done), "failed": len(failures)}
        session.out.write(to_envelope("build", results, summary=summary))
    if failures:
        _report(failures, args, session)
    return 0 if not failures and all(one.ok for one in done) else 1


def _is_named(source: str, session: Session) -> bool:
    from pyodide_abi.build.index import is_named

    return is_named(source) and not (session.cwd / source).exists()


def _build(platform: Platform, args: argparse.Namespace, session: Session) -> _Done:
    from pyodide_abi.build import BuildRequest
    from pyodide_abi.cli.target import find_target, libraries_of
    from pyodide_abi.libraries.building import build_with_libraries

    host = session.host
    source = _source(platform, args, session)
    target = find_target(platform, args, session, tag=args.tag)
    request = BuildRequest(
        source=source,
        target=target,
        outdir=session.cwd / Path(args.outdir).expanduser(),
        config_settings=config_settings(args.config_setting),
        jobs=args.jobs,
        report=session.cwd / Path(args.report).expanduser() if args.report else None,
        verbose=args.verbose,
    )
    result, _ = build_with_libraries(
        request, libraries_of(args, session), given=args.library, made=not args.no_libraries
    )
    for remark in result.remarks:
        host.progress.say(f"note: {remark}")
    return _judge(platform, target.toolchain, result, args, session)


def _source(platform: Platform, args: argparse.Namespace, session: Session) -> Path:
    """What is to be built, fetched and looked at before a compiler is."""
    from pyodide_abi.build.staging import check_source
    from pyodide_abi.toolchain import find_python

    if not _is_named(args.source, session):
        return session.cwd / Path(args.source).expanduser()
    from pyodide_abi.build.index import fetch_sdist

    source = fetch_sdist(args.source, find_python(platform.python.version, session.host), session.host)
    check_source(source)
    return source


def _judge(
    platform: Platform, toolchain: Toolchain, result: BuildResult, args: argparse.Namespace, session: Session
) -> _Done:
    """Audit the wheel and, if asked, load it."""
    from pyodide_abi.audit import audit_file
    from pyodide_abi.cli.session import usable_cores
    from pyodide_abi.runtime.verify import verify_wheel

    verification = None
    report = audit_file(result.wheel, platform=platform)
    if args.verify:
        verification = verify_wheel(result.wheel, platform.runtimes, session.host, jobs=usable_cores())
    return _Done(
        platform=platform, toolchain=toolchain, result=result, report=report, verification=verification
    )


def config_settings(words: Sequence[str]) -> dict[str, str | list[str]]:
    """``K=V`` words as PEP 517 has them: a key given more than once has a list.

    Raises:
        UsageError: a word without ``=``.
    """
    from pyodide_abi.errors import UsageError

    settings: dict[str, str | list[str]] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals:
            raise UsageError(f"--config-setting {word!r} has no value", hint="--config-setting KEY=VALUE")
        before = settings.get(key)
        if before is None:
            settings[key] = value
        else:
            settings[key] = [*([before] if isinstance(before, str) else before), value]
    return settings


def _write(one: _Done, allowed_by: str, session: Session) -> None:
    from pyodide_abi.report.text import print_audit
    from pyodide_abi.report.verify import write_verification

    console = session.console()
    compiler = f"Emscripten {one.toolchain.emscripten}"
    if one.toolchain.emscripten != one.platform.emscripten:
        allowed = "another version was allowed" + (f" by {allowed_by}" if allowed_by else "")
        compiler += f" (the platform names {one.platform.emscripten}; {allowed})"
    size = one.result.wheel.stat().st_size
    pure = one.result.wheel.stem.endswith("-any")
    made = (
        "for every platform: it has no compiled modules"
        if pure
        else f"for {one.platform.name}, built with {compiler}"
    )
    console.print(printable(str(one.result.wheel)), style="bold")
    console.print(f"  {size:,} bytes, {made}")
    console.print(printable(f"  how it was built: {one.result.report}"))
    print_audit(one.report, console)
    if one.verification is not None:
        write_verification(one.verification, console)


def _as_data(one: _Done) -> dict[str, object]:
    from pyodide_abi.report.json import audit_to_data
    from pyodide_abi.report.verify import verification_to_data

    return {
        "platform": one.platform.name,
        "wheel": str(one.result.wheel),
        "emscripten": one.toolchain.emscripten,
        "remarks": list(one.result.remarks),
        "report": str(one.result.report),
        "ok": one.ok,
        "audit": audit_to_data(one.report),
        "verifications": [verification_to_data(one.verification)] if one.verification else [],
    }


def _report(failures: Sequence[Exception], args: argparse.Namespace, session: Session) -> None:
    from pyodide_abi.cli.session import report_error
    from pyodide_abi.errors import PyodideAbiError

    for error in failures:
        if isinstance(error, PyodideAbiError):
            report_error(error, environ=session.host.environ, traceback=args.traceback)
