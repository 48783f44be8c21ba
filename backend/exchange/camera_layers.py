"""What sees and how far: cameras, their views, coverage of grids, and the gaps in it."""

from sqlalchemy import and_, case, join, outerjoin
from sqlalchemy.orm import aliased

from ..cameras.models import Camera, Pose, Viewshed
from ..coverage.models import CoverageFigure, CoverageGap
from ..grids.models import Grid
from .layers import Column, division_column, grid_columns, joined, layer_of, set_column

_FIRST = aliased(Pose)
#: PTZType of GB/T 28181, which imports read; "other" has none.
_PTZ_TYPE = case(
    {
        name: number
        for number, name in enumerate(
            ("ptz_dome", "dome", "bullet", "ptz_bullet", "ptz_half_dome", "panoramic", "split"),
            start=1,
        )
    },
    value=Camera.kind,
    else_=None,
)
_AZIMUTHS = joined(Pose.azimuth_deg, Pose.sensor_no, Pose.camera_id == Camera.id, of=Camera)
_SEEING = join(Viewshed, Pose, Pose.id == Viewshed.pose_id).join(
    Camera, Camera.id == Viewshed.camera_id
)

CAMERA_LAYERS = (
    layer_of(
        Camera,
        ("cameras", "摄像机", "Cameras"),
        "cameras.read",
        "Point",
        (
            Column("code", "设备编码", "text", Camera.code),
            Column("name", "名称", "text", Camera.name),
            Column("azimuth_deg", "方位角", "text", _AZIMUTHS),
            Column("azimuth_error_deg", "方位角误差", "number", _FIRST.azimuth_error_deg),
            Column("fov_deg", "视场角", "number", _FIRST.fov_deg),
            Column("range_m", "作用距离", "number", _FIRST.range_m),
            Column("height_m", "架设高度", "number", Camera.height_m),
            Column("tilt_deg", "俯仰角", "number", _FIRST.tilt_deg),
            Column("ptz", "云台", "yes", Camera.has_ptz),
            Column("ptz_type", "摄像机类型", "whole", _PTZ_TYPE),
            Column("use_type", "用途", "text", Camera.use_type),
            Column("width_px", "水平像素", "whole", Camera.width_px),
            Column("address", "安装地址", "text", Camera.address),
            Column("managing_unit", "管理单位", "text", Camera.managing_unit),
            Column("is_alive", "在线", "yes", Camera.is_alive),
            division_column(Camera.division_code),
            set_column(Camera),
        ),
        source=outerjoin(
            Camera, _FIRST, and_(_FIRST.camera_id == Camera.id, _FIRST.sensor_no == 1)
        ),
        tiles="cameras",
    ),
    layer_of(
        Viewshed,
        ("viewsheds", "可视域", "Views of cameras"),
        "cameras.read",
        "MultiPolygon",
        (
            Column("code", "设备编码", "text", Camera.code),
            Column("name", "名称", "text", Camera.name),
            Column("sensor_no", "镜头", "whole", Pose.sensor_no),
            Column("certain_m2", "确定面积", "number", Viewshed.certain_area_m2),
            Column("possible_m2", "可能面积", "number", Viewshed.possible_area_m2),
            Column("computed_at", "计算时间", "instant", Viewshed.computed_at),
            division_column(Viewshed.division_code),
            set_column(Camera),
        ),
        source=_SEEING,
        key=Viewshed.pose_id,
        geom=Viewshed.certain,
        set_name=Camera.set_name,
        where=(Viewshed.certain.is_not(None),),
        is_served=False,
    ),
    layer_of(
        CoverageFigure,
        ("coverage", "覆盖数字", "Coverage of grids"),
        "coverage.read",
        None,
        (
            *grid_columns(Grid),
            Column("reading", "口径", "text", CoverageFigure.reading),
            Column("measure", "度量", "text", CoverageFigure.measure),
            Column("px_per_m", "像素每米", "number", CoverageFigure.px_per_m),
            Column("total", "总量", "number", CoverageFigure.total),
            Column("certain", "确定覆盖", "number", CoverageFigure.certain),
            Column("possible", "可能覆盖", "number", CoverageFigure.possible),
            Column("one", "一台覆盖", "number", CoverageFigure.one),
            Column("more", "多台覆盖", "number", CoverageFigure.more),
            Column("computed_at", "计算时间", "instant", CoverageFigure.computed_at),
            division_column(CoverageFigure.division_code),
            set_column(Grid),
        ),
        source=join(CoverageFigure, Grid, Grid.id == CoverageFigure.subject_id),
        key=CoverageFigure.subject_id,
        set_name=Grid.set_name,
        where=(CoverageFigure.subject_kind == "grid",),
    ),
    layer_of(
        CoverageGap,
        ("gaps", "盲区", "Gaps in the coverage"),
        "coverage.read",
        "MultiPolygon",
        (
            *grid_columns(Grid),
            Column("reading", "口径", "text", CoverageGap.reading),
            Column("px_per_m", "像素每米", "number", CoverageGap.px_per_m),
            Column("area_m2", "面积", "number", CoverageGap.area_m2),
            Column("weight", "权重", "number", CoverageGap.weight),
            division_column(CoverageGap.division_code),
            set_column(Grid),
        ),
        source=join(CoverageGap, Grid, Grid.id == CoverageGap.grid_id),
        set_name=Grid.set_name,
    ),
)
