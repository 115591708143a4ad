"""From an executed notebook to a Report: what its cells said, in machine-readable form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..model.errors import PersonaError, nearest
from ..model.report import FIGURE_IN_SUBJECT, MIME, Block, Fact, Finding, Prose, Report, Section, Source, block_from
from .outline import heading_of, section_of

if TYPE_CHECKING:
    from .job import Job


def harvest(notebook: Any, job: Job) -> Report:
    """The Report that a job's executed notebook makes.

    Raises PersonaError when the persona's headline, or a subject, names a fact that none of its sections states.
    """
    facts: dict[str, Fact] = {}
    findings: dict[str, Finding] = {}
    sections: dict[str, tuple[str, list[Block]]] = {}
    sources: dict[str, dict[str, Source]] = {}
    for cell in notebook.cells:
        section = cell.metadata.get("quarterdeck", {}).get("section", "")
        if not section:
            continue
        if cell.cell_type == "markdown":
            _read_markdown(cell, section, sections)
        for kind, content in _said(cell):
            if kind == "facts":
                made = [Fact(**{**fact, "trend": tuple(fact["trend"]), "section": section}) for fact in content]
                facts.update({fact.id: fact for fact in made if fact.id not in facts})
            elif kind == "findings":
                found = [Finding(**{**finding, "section": section}) for finding in content]
                findings.update({finding.id: finding for finding in found if finding.id not in findings})
            elif kind == "sources":
                sources[section] = {**sources.get(section, {}), **{made["table"]: Source(**made) for made in content}}
            else:
                sections[section][1].append(block_from({"kind": kind, **content}))
    named = [("headline", name) for name in job.persona.headline]
    for id, variant in job.persona.variants.items():
        named += [(f"variants.{id}.subject", name) for name in FIGURE_IN_SUBJECT.findall(variant.subject)]
    for key, name in named:
        if name not in facts:
            where = f"personas/{job.persona.id}.yml, key {key}"
            raise PersonaError(where, f"{name!r} is no fact that its sections state", nearest(name, facts))
    return Report(
        key=job.key,
        title=job.title,
        reader=job.persona.reader,
        lens=job.persona.lens,
        as_of=job.as_of.isoformat(),
        company=job.company,
        currency=job.currency,
        locale=job.persona.locale,
        headline=job.persona.headline,
        digest=job.persona.digest,
        variants=job.persona.variants,
        commentary=job.commentary,
        facts=tuple(facts.values()),
        findings=tuple(sorted(findings.values(), key=lambda finding: finding.rank)),
        sections=tuple(
            Section(id, heading, tuple(blocks), tuple(made for _, made in sorted(sources.get(id, {}).items())))
            for id, (heading, blocks) in sections.items()
        ),
    )


def _read_markdown(cell: Any, section: str, sections: dict[str, tuple[str, list[Block]]]) -> None:
    words = cell.source
    if section_of(cell) == section:
        heading, words = heading_of(cell)
        sections[section] = (heading, [])
    if words.strip():
        sections[section][1].append(Prose(markdown=words.strip()))


def _said(cell: Any) -> list[tuple[str, Any]]:
    """What a code cell's outputs carry for the machine, in order."""
    bundles = [output.get("data", {}).get(MIME) for output in cell.get("outputs", [])]
    return [(bundle["kind"], bundle["content"]) for bundle in bundles if bundle]
