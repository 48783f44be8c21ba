"""What stands on each town block: schools, hospitals, offices, markets, housing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from shapely import Point

from .curves import rng_for
from .names import in_words
from .towns import Block, Town


@dataclass(frozen=True, slots=True)
class Site:
    """A block and its use; a named site is a place of interest too."""

    township: str
    block: Block
    use: str
    name: str


# (use, name) of the county town's large sites, placed on the largest blocks that fit the use.
SEAT_SITES = (
    ("政府机关", "云溪县人民政府"),
    ("政府机关", "云溪县政务服务中心"),
    ("派出所", "云溪县公安局"),
    ("政府机关", "云溪镇人民政府"),
    ("政府机关", "明溪街道办事处"),
    ("派出所", "云溪派出所"),
    ("派出所", "城东派出所"),
    ("医院", "云溪县人民医院"),
    ("医院", "云溪县中医医院"),
    ("医院", "云溪县妇幼保健院"),
    ("学校", "云溪县第一中学"),
    ("学校", "云溪县第二中学"),
    ("学校", "云溪县职业教育中心"),
    ("学校", "云溪镇城关小学"),
    ("学校", "云溪镇西苑小学"),
    ("学校", "云溪镇北街小学"),
    ("学校", "明溪实验小学"),
    ("学校", "文昌初级中学"),
    ("学校", "云溪县第一幼儿园"),
    ("车站", "云溪县汽车客运站"),
    ("市场", "云溪农贸市场"),
    ("市场", "东关集贸市场"),
    ("市场", "西环建材市场"),
    ("商业", "云溪百货大楼"),
    ("商业", "明溪商业广场"),
    ("商业", "时代购物中心"),
    ("公园广场", "人民广场"),
    ("公园广场", "滨河公园"),
    ("公园广场", "文化公园"),
    ("公园广场", "明溪广场"),
    ("养老院", "云溪县社会福利院"),
    ("文化体育", "云溪县文化体育中心"),
    ("工业", "云溪纺织厂"),
    ("工业", "云溪农机厂"),
    ("工业", "云溪粮食储备库"),
    ("工业", "云溪热力公司"),
)
EDGE_USES = {"工业", "车站"}
LARGE_USES = {"学校", "医院", "文化体育"}


def centre_sites(township: str) -> tuple[tuple[str, str], ...]:
    """The institutions every township centre has."""
    stem = township[:-1] if not township.endswith("街道") else township[:-2]
    office = "办事处" if township.endswith("街道") else "人民政府"
    first = (
        ("工业", "云溪产业园标准厂房一区") if stem == "明溪" else ("政府机关", township + office)
    )
    return (
        first,
        ("学校", f"{stem}中心小学"),
        ("医院", f"{stem}中心卫生院"),
        ("市场", f"{stem}集贸市场"),
        ("派出所", f"{stem}派出所"),
    )


def lay_sites(towns: tuple[Town, ...]) -> list[Site]:
    """One site per block of every town."""
    rng = rng_for(70)
    sites = _sites(towns[0], SEAT_SITES, rng)
    for town in towns[1:]:
        sites += _sites(town, centre_sites(town.township), rng)
    return sites


def _sites(town: Town, wanted: tuple[tuple[str, str], ...], rng: np.random.Generator) -> list[Site]:
    spare = list(town.blocks)
    reach = float(np.sqrt(town.hull.area))
    sites = []
    for use, name in wanted:
        # Large sites near the middle, works and the station near the rim; never all in one corner.
        pull = -1.0 if use in EDGE_USES else _pull(name)
        need = 40_000 if use in LARGE_USES else 25_000
        target = _target(name, town)
        best = min(
            spare,
            key=lambda b: (
                pull * b.polygon.distance(target) / reach
                + abs(np.log(b.free.area / need)) * 0.7
                + float(rng.uniform(0, 0.8))
            ),
        )
        spare.remove(best)
        sites.append(Site(town.township, best, use, name))
    count = 0
    for block in spare:
        use = _housing(block, town, rng)
        count += use == "小区"
        named = use == "小区" and len(town.blocks) > 20
        sites.append(
            Site(
                town.township,
                block,
                use,
                f"{_ESTATES[count % 12]}{in_words(1 + count // 12)}期小区" if named else "",
            )
        )
    return sites


_ESTATES = (
    "云溪花园",
    "金穗",
    "和谐家园",
    "滨河",
    "锦绣",
    "学府",
    "阳光",
    "福源",
    "翠湖",
    "明珠",
    "康居",
    "东方",
)


# Sites named for a part of the county town lie there; offsets from its middle, metres.
QUARTERS = {
    "明溪": (1500.0, 650.0),
    "文昌": (1350.0, 900.0),
    "城东": (1400.0, -300.0),
    "东关": (700.0, 0.0),
    "西": (-1300.0, 0.0),
    "北街": (-100.0, 900.0),
    "滨河": (0.0, -1250.0),
}


def _target(name: str, town: Town) -> Point:
    """The spot a site is drawn to."""
    middle = town.hull.centroid
    for quarter, (dx, dy) in QUARTERS.items():
        if quarter in name and len(town.blocks) > 20:
            return Point(middle.x + dx, middle.y + dy)
    return middle


def _pull(name: str) -> float:
    return 9.0 if any(quarter in name for quarter in QUARTERS) else 1.0


def _housing(block: Block, town: Town, rng: np.random.Generator) -> str:
    """Old courts about the middle, estates around them, a few works and shops."""
    far = block.polygon.distance(town.hull.centroid) / float(np.sqrt(town.hull.area))
    if town.township == "明溪街道" and len(town.blocks) < 20:
        return str(rng.choice(["工业", "小区", "老街"], p=[0.5, 0.25, 0.25]))
    if len(town.blocks) < 20:
        return str(rng.choice(["老街", "沿街商铺"], p=[0.7, 0.3]))
    if far < 0.22:
        return str(rng.choice(["老街", "沿街商铺", "小区"], p=[0.6, 0.25, 0.15]))
    if far > 0.5:
        return str(rng.choice(["小区", "老街", "工业"], p=[0.45, 0.35, 0.2]))
    return str(rng.choice(["小区", "老街", "沿街商铺"], p=[0.55, 0.32, 0.13]))
