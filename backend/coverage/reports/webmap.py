"""The map to hand on: one HTML file with folium and Leaflet inside, which asks no network.

Shapes in EPSG:4326. Texts of the database are escaped, for folium's tables insert them as HTML.
"""

import base64
import html
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, cast

import folium
import shapely
from branca.element import Element, Figure
from shapely.geometry.base import BaseGeometry

from ...console import DIST
from ...errors import Language, Misconfigured
from .content import IEC, Content, Row
from .palette import NO_DATA, STEPS, colour_of
from .wording import word

_ASSETS = DIST / "report"
_IMAGE = re.compile(r"url\((images/[a-z0-9-]+\.png)\)")
_STATE_COLOUR = {
    "alive": "#2e7d32",
    "dead": "#616161",
    "blind": "#ef6c00",
    "moved": "#ef6c00",
    "untried": "#1565c0",
}
_STYLE = """
html, body { margin: 0; height: 100%; font: 13px/1.5 "Noto Sans SC", "Microsoft YaHei", sans-serif }
.leaflet-container { font: inherit; background: #eef1f4 }
.report-head { position: fixed; z-index: 1000; top: 10px; left: 56px; padding: 8px 14px;
  background: #fff; border-radius: 4px; box-shadow: 0 1px 4px rgb(0 0 0 / .25) }
.report-head h1 { margin: 0; font-size: 16px } .report-head p { margin: 0; color: #56606b }
.report-legend { position: fixed; z-index: 1000; bottom: 64px; left: 12px; padding: 8px 12px;
  background: #fff; border-radius: 4px; box-shadow: 0 1px 4px rgb(0 0 0 / .25) }
.report-legend i { display: inline-block; width: 14px; height: 14px; margin-right: 6px;
  vertical-align: -2px; border: 1px solid #8a94a0 }
.leaflet-tooltip th { padding-right: 10px; font-weight: 500; text-align: left; color: #56606b }
"""


def html_bytes(content: Content, language: Language) -> bytes:
    """Return the page as a file's bytes.

    Raises
    ------
    Misconfigured
        If the console, which brings Leaflet, has not been built.

    """
    chart = folium.Map(tiles=None, control_scale=True, prefer_canvas=True, max_zoom=20)
    chart.default_js, chart.default_css = [], []  # addresses elsewhere; `_inlined` brings them
    figure = cast("Figure", chart.get_root())
    _inlined(figure, word("title", language, name=content.division_name))
    bounds = _bounds(content)
    _roads(content, language).add_to(chart)
    _grids(content, language).add_to(chart)
    _gaps(content, language).add_to(chart)
    _cameras(content, language).add_to(chart)
    folium.LayerControl(collapsed=False).add_to(chart)
    chart.fit_bounds([[bounds[1], bounds[0]], [bounds[3], bounds[2]]])
    figure.html.add_child(Element(_head(content, language) + _legend(language)))
    return str(figure.render()).encode()


def _inlined(figure: Figure, title: str) -> None:
    style = f"<style>{_leaflet_css()}{_STYLE}</style>"
    script = f"<script>{_asset('leaflet.js')}</script>"
    name = f"<title>{html.escape(title)}</title>"
    figure.header.add_child(Element(_unblanked(name + style + script)), name="inlined")


def _unblanked(text: str) -> str:
    """Return text that jinja, through which folium sends it, gives back as it is."""
    return f"{{% raw %}}{text}{{% endraw %}}"


@cache
def _asset(name: str) -> str:
    path = _ASSETS / name
    if not path.exists():
        raise Misconfigured(reason=f"{path.name} is missing: run make setup")
    text = path.read_text("utf-8")
    return re.sub(r"//# sourceMappingURL=.*", "", text)


@cache
def _leaflet_css() -> str:
    return _IMAGE.sub(lambda found: f"url({_data_url(_ASSETS / found[1])})", _asset("leaflet.css"))


def _data_url(path: Path) -> str:
    return "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode()


def _bounds(content: Content) -> tuple[float, float, float, float]:
    shapes = list(content.grids.values()) or [shapely.Point(c.lon, c.lat) for c in content.cameras]
    if not shapes:
        return 73.0, 18.0, 135.0, 54.0
    west, south, east, north = shapely.total_bounds(shapes)
    return float(west), float(south), float(east), float(north)


def _grids(content: Content, language: Language) -> folium.GeoJson:
    band = IEC[0]
    now = {r.subject_id: r for r in content.of("grid", "now") if r.px_per_m == band.least_px_per_m}
    rows = {r.subject_id: r for r in content.of("grid") if r.px_per_m == band.least_px_per_m}
    features = [
        _feature(shape, _grid_words(rows.get(grid), now.get(grid), language))
        for grid, shape in content.grids.items()
    ]
    return _layer(
        features,
        word("grids", language),
        {
            "name": word("grid_name", language),
            "code": word("code", language),
            "village": word("division", language),
            "installed": f"{word('certain_share', language)} · {word('installed', language)}",
            "now": f"{word('certain_share', language)} · {word('now', language)}",
            "none": word("none_share", language),
        },
        lambda feature: {
            "fillColor": feature["properties"]["fill"],
            "fillOpacity": 0.55,
            "color": "#44505c",
            "weight": 0.8,
        },
    )


def _grid_words(row: Row | None, now: Row | None, language: Language) -> dict[str, Any]:
    share = row.share("certain") if row else None
    return {
        "fill": colour_of(share),
        "name": html.escape(row.name) if row else "",
        "code": html.escape(row.code) if row else "",
        "village": html.escape(row.division_name) if row else "",
        "installed": _percent(share, language),
        "now": _percent(now.share("certain") if now else None, language),
        "none": _percent(row.share("none") if row else None, language),
    }


def _gaps(content: Content, language: Language) -> folium.GeoJson:
    features = [
        _feature(
            gap["shape"],
            {
                "name": html.escape(gap["grid_name"]),
                "area": f"{gap['area_m2']:,.0f} m²",
                "weight": f"{gap['weight']:.2f}",
            },
        )
        for gap in content.gaps[:1500]
    ]
    blanks = {
        "name": word("grid_name", language),
        "area": word("area_m2", language),
        "weight": word("weight", language),
    }
    style = {"fillColor": "#263238", "fillOpacity": 0.5, "color": "#263238", "weight": 0.4}
    return _layer(features, word("gaps", language), blanks, lambda _: style)


def _cameras(content: Content, language: Language) -> folium.GeoJson:
    features = [
        _feature(
            shapely.Point(camera.lon, camera.lat),
            {
                "name": html.escape(camera.name),
                "state": word(camera.state, language),
                "fill": _STATE_COLOUR[camera.state],
            },
        )
        for camera in content.cameras
    ]
    blanks = {"name": word("camera", language), "state": word("state", language)}
    mark = folium.CircleMarker(radius=5, weight=1)
    return _layer(
        features,
        word("cameras", language),
        blanks,
        lambda feature: {
            "fill": True,
            "fillColor": feature["properties"]["fill"],
            "fillOpacity": 0.9,
            "color": "#ffffff",
        },
        marker=mark,
    )


def _roads(content: Content, language: Language) -> folium.GeoJson:
    features = [_feature(shape, {}) for _, shape in content.roads]
    style = {"color": "#9aa5b1", "weight": 1.2}
    return _layer(features, word("roads", language), {}, lambda _: style)


def _layer(
    features: list[dict[str, Any]], name: str, blanks: dict[str, str], style: Any, **extra: Any
) -> folium.GeoJson:
    tip = (
        folium.GeoJsonTooltip(fields=list(blanks), aliases=list(blanks.values()), sticky=True)
        if features and blanks
        else None
    )
    collection = {"type": "FeatureCollection", "features": features}
    return folium.GeoJson(
        collection, name=name, tooltip=tip, style_function=style, embed=True, **extra
    )


def _feature(shape: BaseGeometry, properties: dict[str, Any]) -> dict[str, Any]:
    # Six decimals are a decimetre; more only makes the file larger.
    rounded = shapely.transform(shape, lambda xy: xy.round(6))
    geometry = shapely.geometry.mapping(rounded)
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _percent(share: float | None, language: Language) -> str:
    return word("unknown", language) if share is None else f"{share:.1%}"


def _head(content: Content, language: Language) -> str:
    at = content.as_of
    told = (
        word("as_of", language, at=at.astimezone().strftime("%Y-%m-%d %H:%M"))
        if at
        else word("no_figures", language)
    )
    title = html.escape(word("title", language, name=content.division_name))
    note = word("offline", language)
    return f'<div class="report-head"><h1>{title}</h1><p>{told} · {note}</p></div>'


def _legend(language: Language) -> str:
    band = IEC[0]
    title = word("legend", language, band=word(band.name, language), px=band.least_px_per_m)
    lines = [f"<b>{title}</b>", *_legend_lines(STEPS)]
    lines.append(f'<i style="background:{NO_DATA}"></i>{word("unknown", language)}')
    for state in ("alive", "dead", "blind", "untried"):
        dot = f'<i style="border-radius:50%;background:{_STATE_COLOUR[state]}"></i>'
        lines.append(f"{dot}{word('camera', language)} · {word(state, language)}")
    return f'<div class="report-legend">{"<br>".join(lines)}</div>'


def _legend_lines(steps: Iterable[tuple[float, float, str]]) -> list[str]:
    return [
        f'<i style="background:{colour}"></i>{low:.0%} – {high:.0%}' for low, high, colour in steps
    ]
