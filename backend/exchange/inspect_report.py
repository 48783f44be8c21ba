"""An inspection in the shape of the API and of ``gridlink inspect --json``."""

import math
from typing import Any

from gis.verdicts import SURE, Candidate

from ..errors import Language
from .inspect_wording import (
    evidence_words,
    stated_words,
    title_of,
    total_words,
    verdict_words,
)
from .inspecting import Inspection, drawn_as
from .schemas import InspectReport
from .wording import about_personal, reason_and_todo

#: Candidates told and drawn; the rest have next to no confidence.
_MOST = 8


def inspect_report(inspection: Inspection, language: Language) -> InspectReport:
    """Return the inspection as values and sentences of one language."""
    look, verdict = inspection.look, inspection.verdict
    reason, todo = verdict_words(verdict, language)
    top = verdict.ranked[0] if verdict.ranked else None
    return InspectReport.model_validate(
        {
            "file": inspection.file_name,
            "shape": look.shape,
            "count": look.count,
            "stated": stated_words(look, language),
            "sexagesimal": look.sexagesimal,
            "position": dict(look.position),
            "reading": inspection.reading,
            "confidence": round(top.confidence, 4) if top else 0.0,
            "sure_from": SURE,
            "doubt": verdict.doubt or None,
            "contradicts": bool(
                inspection.reading and inspection.declared and not _is_stated(verdict.ranked)
            ),
            "reason": reason,
            "todo": todo,
            "candidates": [_candidate(inspection, one, language) for one in verdict.ranked[:_MOST]],
            "encoding": look.encoding,
            "encodings": [
                {
                    "name": one.name,
                    "decodes": one.decodes,
                    "common": None if math.isnan(one.common) else round(one.common, 3),
                    "sample": _shown(one.sample),
                    "said_by": one.said_by or None,
                    "is_doubted": one.is_doubted,
                }
                for one in look.scripts
            ],
            "totals": [
                {
                    "row": one.row,
                    "column": one.column,
                    "stated": one.stated,
                    "parts": one.parts,
                    "text": total_words(one, language),
                }
                for one in look.totals
            ],
            "notes": [_note(one.code, one.detail, language) for one in inspection.notes],
            "dropped_columns": [
                {"column": column, "reason": about_personal(kind, language)}
                for column, kind in look.personal
            ],
        }
    )


def _is_stated(ranked: tuple[Candidate, ...]) -> bool:
    return ranked[0].suspect.is_declared


def _candidate(inspection: Inspection, one: Candidate, language: Language) -> dict[str, Any]:
    reading = one.suspect.reading
    return {
        "reading": reading.name,
        "title": title_of(reading, language),
        "confidence": round(one.confidence, 4),
        "is_stated": one.suspect.is_declared,
        "alike": list(one.suspect.alike),
        "offset_m": None if one.offset_m is None else [round(part, 1) for part in one.offset_m],
        "evidence": [
            {
                "kind": found.kind,
                "layer": found.layer,
                "score": round(found.score, 4),
                "by_chance": round(found.by_chance, 4),
                "log_p": round(found.log_p, 2),
                "scale_m": round(found.scale_m, 1),
                "count": found.count,
                "text": evidence_words(found, language),
            }
            for found in sorted(one.evidence, key=lambda found: found.log_p)
        ],
        "drawn": drawn_as(inspection.look, reading.name),
    }


def _note(code: str, detail: dict[str, Any], language: Language) -> dict[str, Any]:
    reason, todo = reason_and_todo(code, detail, language)
    return {"row": None, "code": code, "reason": reason, "todo": todo}


def _shown(sample: str) -> str:
    return "".join(sign if sign.isprintable() else "\ufffd" for sign in sample)
