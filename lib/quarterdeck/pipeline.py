"""The only module that composes the stages: plan, execute, render, compose."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Literal

from .deliver.digest import mail_path, mails_in
from .execute import reuse
from .execute.job import Job, recover
from .execute.outline import Outline
from .model.errors import PersonaError, QuarterdeckError, nearest
from .model.files import write
from .model.period import Period
from .model.persona import Persona, load_personas
from .model.report import CONTROL, Finding, Report, ReportKey, reports_in
from .model.settings import Settings
from .project import Checked, Project, as_of_day, check_data
from .reconcile import check_blind_spots, reconcile
from .render import Renderer, build_site, choose
from .workshop import Workshop

DESK = Path(__file__).parent / "cloud" / "pages"
"""The pages of a site in the cloud: `m/` to sign in, `console/` for the owner."""
Progress = Callable[[str, int], None]
"""Called with what begins and with the number of steps in all."""


@dataclass(frozen=True)
class Request:
    """What a run is asked for; empty means all personas, the latest complete period, the newest day, this machine.

    With `reports` it is of these alone, each in its own period.
    """

    personas: tuple[str, ...] = ()
    period: str = ""
    as_of: str = ""
    engine: str = "auto"
    jobs: int = 0
    executor: str = "local"
    scheduler: str = ""
    force: bool = False
    reports: tuple[ReportKey, ...] = ()


@dataclass(frozen=True)
class Result:
    """What became of one report."""

    key: ReportKey
    state: Literal["built", "up to date", "failed"]
    reason: str
    sections: int = 0
    seconds: float = 0.0
    page: Path | None = None
    digest: Path | None = None
    error: QuarterdeckError | None = None


@dataclass(frozen=True)
class Outcome:
    """What a run did: results in the personas' order, the renderer, the site's home page, and what else to say."""

    results: tuple[Result, ...]
    renderer: str
    home: Path
    rendered: int
    notices: tuple[str, ...]


def plan(
    project: Project, request: Request, meanwhile: Callable[[], object] = lambda: None
) -> tuple[list[Job], Checked]:
    """The reports that a run would make, and why; nothing is executed. Raises QuarterdeckError for bad input.

    `meanwhile` is called when the tables must be checked, before that begins.
    """
    personas = load_personas(project.personas, list(request.personas))
    outline = Outline.read(project.notebook)
    for persona in personas:
        outline.check(persona, str(project.personas / f"{persona.id}.yml"))
    asked = as_of_day(request.as_of)
    checked = check_data(project, personas, meanwhile, asked)
    as_of = asked or date.fromisoformat(checked.newest)
    jobs = []
    for persona in personas:
        _check_scope(project, persona, checked)
        subjects = ["", *checked.subjects.get(persona.each, {})]
        for name in sorted({key.period for key in request.reports if key.persona == persona.id} or {request.period}):
            period = Period.parse(name) if name else Period.latest_complete(as_of, persona.period_kind)
            if period.start > as_of:
                raise QuarterdeckError(
                    "period", f"{period} begins after {as_of}, the newest day known", "Choose an earlier one"
                )
            for key in (ReportKey(persona.id, subject, period.name) for subject in subjects):
                if not request.reports or key in request.reports:
                    jobs.append(_job(project, request, outline, persona, key, as_of, checked))
    for key in set(request.reports) - {job.key for job in jobs}:
        raise QuarterdeckError(f"report {key.slug} {key.period}", "is none of this project", "See quarterdeck status")
    return jobs, checked


def _check_scope(project: Project, persona: Persona, checked: Checked) -> None:
    file = project.personas / f"{persona.id}.yml"
    for entity in persona.entities:
        if entity not in checked.entities:
            raise PersonaError(
                f"{file}, key entities", f"{entity!r} is not in entities.csv", nearest(entity, checked.entities)
            )
    if persona.each and persona.each not in checked.subjects:
        raise PersonaError(
            f"{file}, key each", f"{persona.each!r} is no table", "Name a table with one row for each report"
        )
    for recipient in persona.recipients:
        checked.check_subject(persona, recipient.subject, f"{file}, key recipients")


def _job(
    project: Project,
    request: Request,
    outline: Outline,
    persona: Persona,
    key: ReportKey,
    as_of: date,
    checked: Checked,
) -> Job:
    commentary = project.commentary(key.slug, key.period)
    selection = outline.select(persona)
    parameters = {**persona.parameters, "persona": persona.id, "period": key.period, "as_of": as_of.isoformat()}
    if key.subject:
        parameters["subject"] = key.subject
    parts = reuse.report_key(selection, persona, parameters, commentary)
    folder = project.root / key.path
    reason = "asked for" if request.force else reuse.why_rebuild(folder, parts, checked.hashes)
    title = persona.title + (f": {checked.subjects[persona.each][key.subject]}" if key.subject else "")
    company, currency = checked.company, checked.currency
    return Job(key, persona, title, as_of, company, currency, selection, parameters, commentary, parts, folder, reason)


def run(
    project: Project,
    request: Request,
    progress: Progress = lambda label, total: None,
    workshop: Workshop | None = None,
) -> Outcome:
    """Make the reports that a request asks for: execute what changed, render the site, compose the digests.

    A report that fails is in the outcome and leaves its last good page, digest and facts; bad input raises
    QuarterdeckError before anything is touched. A `workshop` that stays open serves the next run too.
    """
    if (request.executor == "dask") != bool(request.scheduler):
        raise QuarterdeckError("--executor dask", "goes with --scheduler", "Name both, or neither")
    with project.locked(), nullcontext(workshop) if workshop else Workshop(project) as shop:
        renderer = choose(request.engine)
        made = _execute(project, request, progress, shop)
        return _assemble(project, request, made, renderer, progress, shop, live=workshop is not None)


def execute(project: Project, request: Request, workshop: Workshop) -> tuple[Result, ...]:
    """Execute what a request asks for, and no more; errors as with `run`."""
    with project.locked():
        return tuple(_execute(project, request, lambda label, total: None, workshop)[2].values())


def assemble(project: Project, request: Request, workshop: Workshop) -> Outcome:
    """Render and compose what a request asks for and other machines have executed; what they have not is `failed`."""
    with project.locked():
        jobs, checked = plan(project, request)
        results = {job.key: Result(job.key, "failed" if job.reason else "up to date", job.reason) for job in jobs}
        renderer = choose(request.engine)
        return _assemble(
            project, request, (jobs, checked, results), renderer, lambda label, total: None, workshop, live=False
        )


_Made = tuple[list[Job], Checked, dict[ReportKey, Result]]


def _execute(project: Project, request: Request, progress: Progress, shop: Workshop) -> _Made:
    """Execute what changed; all jobs, what their data are, and what became of each."""
    recover(project.store)
    jobs, checked = plan(project, request, (lambda: None) if request.scheduler else shop.warm)
    stale = [job for job in jobs if job.reason]
    results = {job.key: Result(job.key, "up to date", "") for job in jobs}
    for job, error, seconds in shop.execute(stale, threads=request.jobs, scheduler=request.scheduler):
        progress(job.key.slug, 2 * len(stale) + 1)
        results[job.key] = Result(job.key, "failed" if error else "built", job.reason, seconds=seconds, error=error)
        if not error:
            shop.draw_ahead(job)
    return jobs, checked, results


def _assemble(
    project: Project,
    request: Request,
    made: _Made,
    renderer: Renderer,
    progress: Progress,
    shop: Workshop,
    *,
    live: bool,
) -> Outcome:
    """Render the site and compose the digests of all that did not fail."""
    jobs, checked, results = made
    settings, executed = project.settings, [job for job in jobs if job.reason]
    total = 2 * len(executed) + 1
    progress("site", total)
    good = [job for job in jobs if results[job.key].state != "failed"]
    _check_together(project, good, checked, whole=len(good) == len(jobs) and not request.personas)
    reports = _published(project, checked)
    code = reuse.code_hash("model", "render")
    desk = DESK if settings.cloud_table else None
    site = build_site(project.root, reports, renderer, code, live=live, desk=desk)
    notices = [*settings.notices, *(f"{warning}." for warning in checked.warnings), *site.notices]
    if executed:
        from .execute.warm import why_cold

        notices += filter(None, [why_cold()])
    notices += _compose_all(project, settings, good, reports, renderer, shop, lambda label: progress(label, total))
    _forget_digests(project, reports, {job.key.period for job in jobs})
    finished = tuple(_finish(project, job, results[job.key], site.path) for job in jobs)
    name = f"{renderer.name} {renderer.version}"
    return Outcome(finished, name, site.path / "index.html", len(site.rendered), tuple(notices))


def _check_together(project: Project, jobs: list[Job], checked: Checked, *, whole: bool) -> None:
    """What must hold between reports; raises QuarterdeckError before anything is shown.

    Only a `whole` run, of all personas and without failures, is asked whether it leaves a blind spot.
    """
    texts = [(job.folder / "facts.json").read_text("utf-8") for job in jobs]
    promised = [whole, *(job.persona.oversees for job in jobs)]
    passed, stamp = project.cache / "together", reuse.seal([texts, promised, checked.hashes, reuse.code_hash("report")])
    if passed.is_file() and passed.read_text("utf-8") == stamp:
        return
    reports = [Report.load(job.folder / "facts.json") for job in jobs]
    reconcile(reports)
    overseer = next((job for job in jobs if job.persona.oversees and not job.key.subject), None)
    if overseer and whole:
        check_blind_spots(reports, checked.entities, _everything(project, overseer, checked))
    write(passed, stamp)


def _everything(project: Project, overseer: Job, checked: Checked) -> list[Finding]:
    """Every finding as of an overseer's report, kept until tables or rules change."""
    kept, made_from = project.cache / "everything.json", [checked.hashes, reuse.code_hash("model", "report")]
    stamp = reuse.seal([*made_from, overseer.key.period, overseer.as_of])
    if kept.is_file() and (record := json.loads(kept.read_text("utf-8")))["stamp"] == stamp:
        return [Finding(**values) for values in record["findings"]]
    from .report import findings
    from .report.data import Data

    data = Data(project.data, as_of=overseer.as_of, trusted=True)
    found = findings.everything(data, Period.parse(overseer.key.period), overseer.as_of)
    write(kept, json.dumps({"stamp": stamp, "findings": [asdict(finding) for finding in found]}))
    return found


def _published(project: Project, checked: Checked) -> dict[Path, Report]:
    """All good reports, of any period, that this company's personas have, by their folders."""
    slugs = [path.stem for path in project.personas.glob("*.yml")]
    paths = [path for slug in sorted(slugs) for path in reports_in(project.store / slug)]
    reports = {path.parent: Report.load(path) for path in paths}
    return {folder: report for folder, report in reports.items() if report.company == checked.company}


def _compose_all(
    project: Project,
    settings: Settings,
    jobs: list[Job],
    reports: dict[Path, Report],
    renderer: Renderer,
    shop: Workshop,
    progress: Callable[[str], None],
) -> tuple[str, ...]:
    """Write the digests of jobs whose report, layout or address changed; returns what the run must say."""
    from .deliver.pictures import browser_key, find_browser

    site_url, sender = settings.site_url, settings.answers_to
    made = [reuse.code_hash("model", "deliver"), site_url, sender, f"{renderer.name} {renderer.version}", browser_key()]
    keys = {job.folder: reuse.seal([*made, (job.folder / "facts.json").read_text("utf-8")]) for job in jobs}
    due = [job for job in jobs if not _composed(project, job, keys[job.folder])]
    if not due:
        return ()
    from .deliver.compose import Edition, compose, digest_figures
    from .deliver.message import write_digest

    browserless, told = bool(find_browser()[1]), dict[str, None]()
    for job in due:
        progress(f"{job.key.slug} digest")
        report = reports[job.folder]
        figures = digest_figures(report)
        pictures = shop.browser.draw(figures)
        told |= dict.fromkeys(shop.browser.why(figures))
        url = f"{site_url}/{job.key.path}/" if site_url else ""
        for variant in (CONTROL, *report.variants):
            edition = Edition(variant)
            digest = compose(report, url=url, sender=sender, pictures=list(pictures.values()), edition=edition)
            write_digest(mail_path(project.outbox, job.key, variant), digest, renderer.markdown)
        if browserless or not shop.browser.reason:  # a browser that draws nothing is tried again next time
            write(job.folder / "digest.key", keys[job.folder])
    return tuple(told)


def _composed(project: Project, job: Job, key: str) -> bool:
    kept = job.folder / "digest.key"
    paths = [mail_path(project.outbox, job.key, variant) for variant in (CONTROL, *job.persona.variants)]
    made = all(path.is_file() and path.with_suffix(".html").is_file() for path in paths)
    return made and kept.is_file() and kept.read_text("utf-8") == key


def _forget_digests(project: Project, reports: dict[Path, Report], periods: set[str]) -> None:
    """Remove the digests of these periods that no report stands behind any more."""
    kept = {mail_path(project.outbox, r.key, variant) for r in reports.values() for variant in (CONTROL, *r.variants)}
    for period in sorted(periods):
        for path in mails_in(project.outbox / period):
            if path not in kept:
                path.unlink()
                path.with_suffix(".html").unlink()


def _finish(project: Project, job: Job, result: Result, site: Path) -> Result:
    page, digest = site / job.key.path / "index.html", mail_path(project.outbox, job.key)
    return replace(
        result,
        sections=len(job.persona.all_sections),
        page=page if page.is_file() else None,
        digest=digest if digest.is_file() else None,
    )
