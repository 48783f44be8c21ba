"""Sentences about a file as a whole: what is wrong or worth knowing, and what to do."""

Sentences = tuple[str, str, str, str]
"""Reason in Chinese and English, then what to do in Chinese and English."""

_DATUMS = "wgs84、cgcs2000、gcj02、bd09"
FILES: dict[str, Sentences] = {
    "file.missing": (
        "找不到文件 {path}。",
        "There is no file {path}. ",
        "请检查路径。",
        "Check the path.",
    ),
    "file.kind": (
        "无法识别文件 {path} 的类型。",
        "The kind of file {path} is not known. ",
        "可用：{known}。",
        "Use one of: {known}.",
    ),
    "divisions.whole_land": (
        "行政区划决定所有人的辖区，只能由全域账号导入。",
        "Divisions decide every jurisdiction: only an account of the whole land imports them. ",
        "请由全域管理员导入，或在服务器上用命令行导入。",
        "Ask such an administrator, or import them on the server's command line.",
    ),
    "file.empty": (
        "文件中没有任何记录。",
        "The file holds no rows. ",
        "请检查导出结果。",
        "Check how it was exported.",
    ),
    "file.no_geometry": (
        "文件中没有图形。",
        "The file holds no shapes. ",
        "请连同 .shp 或坐标列一起提供。",
        "Provide the .shp, or columns with coordinates.",
    ),
    "file.too_large": (
        "文件大小 {found} 字节，超过上限 {limit}。",
        "The file has {found} bytes, the limit is {limit}. ",
        "请拆分后导入。",
        "Split it.",
    ),
    "file.too_many_features": (
        "记录数超过上限 {limit}。",
        "There are more than {limit} rows. ",
        "请拆分后导入。",
        "Split the file.",
    ),
    "file.too_many_vertices": (
        "顶点总数 {found}，超过上限 {limit}。",
        "There are {found} vertices, the limit is {limit}. ",
        "请拆分或简化。",
        "Split or simplify the file.",
    ),
    "file.unreadable": (
        "文件已损坏或格式不符：{reason}。",
        "The file is damaged or not what it claims to be: {reason}. ",
        "请重新导出。",
        "Export it again.",
    ),
    "file.too_costly": (
        "读取该文件耗尽了时间或内存，已中止。",
        "Reading this file used up its time or memory and was stopped. ",
        "请检查文件，或拆分、简化后再导入。",
        "Check the file, or split and simplify it.",
    ),
    "shapefile.broken": (
        "shapefile 已损坏：{reason}。",
        "The shapefile is damaged: {reason}. ",
        "请重新导出 .shp、.shx、.dbf、.prj。",
        "Export .shp, .shx, .dbf and .prj again.",
    ),
    "geometry.too_many_parts": (
        "第 {row} 行有 {found} 个部分或孔洞，超过上限 {limit}。",
        "Row {row} has {found} parts or holes, the limit is {limit}. ",
        "请拆分或简化图形。",
        "Split or simplify it.",
    ),
    "archive.entries": (
        "压缩包含 {found} 个条目，超过上限 {limit}。",
        "The archive has {found} entries, the limit is {limit}. ",
        "请只打包需要的文件。",
        "Pack only what is needed.",
    ),
    "archive.size": (
        "压缩包解开后为 {found} 字节，超过上限 {limit}。",
        "Unpacked, the archive has {found} bytes, the limit is {limit}. ",
        "请拆分后导入。",
        "Split it.",
    ),
    "archive.ratio": (
        "压缩比 {found} 倍，超过上限 {limit} 倍，疑似压缩炸弹。",
        "The archive unpacks {found}-fold, the limit is {limit}: it looks like a zip bomb. ",
        "请解压检查后再导入。",
        "Unpack and check it.",
    ),
    "archive.path": (
        "压缩包内路径 {name} 指向包外。",
        "The path {name} leads out of the archive. ",
        "请重新打包。",
        "Pack it again.",
    ),
    "archive.symlink": (
        "压缩包内 {name} 不是普通文件。",
        "{name} in the archive is no plain file. ",
        "请重新打包。",
        "Pack it again.",
    ),
    "archive.encrypted": (
        "压缩包内 {name} 已加密。",
        "{name} in the archive is encrypted. ",
        "请去除密码后重新打包。",
        "Pack it without a password.",
    ),
    "archive.nested": (
        "压缩包内还有压缩包 {name}。",
        "The archive holds another archive, {name}. ",
        "请解开内层后重新打包。",
        "Unpack the inner one first.",
    ),
    "archive.broken": (
        "压缩包已损坏：{reason}。",
        "The archive is damaged: {reason}. ",
        "请重新打包。",
        "Pack it again.",
    ),
    "archive.no_layer": (
        "压缩包 {path} 中没有可导入的图层。",
        "The archive {path} holds no layer. ",
        "可用：{known}。",
        "Use one of: {known}.",
    ),
    "layer.choose": (
        "文件含多个图层：{known}。",
        "The file has several layers: {known}. ",
        "请用 --layer 指定一个。",
        "Choose one with --layer.",
    ),
    "layer.unknown": (
        "没有图层 {layer}。",
        "There is no layer {layer}. ",
        "可用：{known}。",
        "Choose one of: {known}.",
    ),
    "table.empty": (
        "表格没有表头。",
        "The table has no header. ",
        "第一行应为列名。",
        "The first line must name the columns.",
    ),
    "table.no_header": (
        "表格没有表头：第一行是数据（为保护个人信息，不显示其内容）。",
        "The table has no header: its first line holds values, not shown here. ",
        "请在第一行写列名。",
        "Write the names of the columns in the first line.",
    ),
    "table.ragged": (
        "第 {row} 行有 {found} 列，表头只有 {limit} 列。",
        "Row {row} has {found} cells, the header has {limit}. ",
        "请检查分隔符和引号。",
        "Check separators and quotes.",
    ),
    "table.no_position": (
        "找不到坐标列。",
        "No columns hold coordinates. ",
        "请提供经度、纬度（或 WKT）列，或用 --map lon=列名 --map lat=列名 指定。",
        "Provide lon and lat (or WKT), or name them with --map lon=COLUMN --map lat=COLUMN.",
    ),
    "columns.unknown_field": (
        "没有字段 {field}。",
        "There is no field {field}. ",
        "可用：{known}。",
        "Known fields: {known}.",
    ),
    "columns.no_such_column": (
        "文件中没有列 {column}。",
        "The file has no column {column}. ",
        "文件的列：{known}。",
        "Its columns: {known}.",
    ),
    "columns.required": (
        "没有找到 {field} 列。",
        "No column holds {field}. ",
        "请用 --map {field}=列名 指定。文件的列：{known}。",
        "Name it with --map {field}=COLUMN. The columns are: {known}.",
    ),
    "columns.personal": (
        "列 {column} 是个人信息，不能作为 {field} 导入。",
        "Column {column} is about persons and cannot serve as {field}. ",
        "请另选一列：本系统只记地点和事件。",
        "Choose another: this system keeps places and incidents only.",
    ),
}
READING: dict[str, Sentences] = {
    "encoding.unknown": (
        "不认识编码 {encoding}。",
        "Encoding {encoding} is not known. ",
        "常用：utf-8、gb18030。",
        "Use utf-8 or gb18030.",
    ),
    "encoding.wrong": (
        "文字不能按 {encoding} 解码。",
        "The texts do not decode as {encoding}. ",
        "去掉 --encoding 让系统判断，或改用正确的编码。",
        "Leave out --encoding, or name the right one.",
    ),
    "encoding.unsure": (
        "文字按 {known} 读都说得通，未按猜测导入。",
        "The texts make sense as each of {known}; nothing was guessed. ",
        "请对照样例文字，用 --encoding 指定其一。",
        "Look at the samples, and name one with --encoding.",
    ),
    "encoding.none": (
        "文字用 {tried} 都不能解码。",
        "The texts decode in none of {tried}. ",
        "请用 --encoding 指定编码。",
        "Name the encoding with --encoding.",
    ),
    "encoding.cpg_lies": (
        ".cpg 写的是 {cpg}，文字实际是 {encoding}，已按后者读取。",
        "The .cpg says {cpg}, the texts are {encoding} and were read so. ",
        "请核对上面的样例文字。",
        "Look at the sample.",
    ),
    "encoding.byte_lies": (
        ".dbf 的语言字节指 {cpg}，文字实际是 {encoding}。",
        "The language byte of the .dbf means {cpg}, the texts are {encoding}. ",
        "请核对样例文字。",
        "Look at the sample.",
    ),
    "encoding.cpg_unknown": (
        ".cpg 的编码 {cpg} 无法识别，已自行判断。",
        "The .cpg names {cpg}, which is not known; the texts decided. ",
        "请核对样例文字。",
        "Look at the sample.",
    ),
    "encoding.doubtful": (
        "【注意】文字按 {encoding} 读出后多为生僻字，编码可能另有其名（如 big5）。",
        "ATTENTION: read as {encoding} the texts are full of rare characters;"
        " they may be in another encoding, such as big5. ",
        "请核对样例文字，必要时用 --encoding 指定编码后再次导入。",
        "Look at the sample, and import again with --encoding if it is wrong.",
    ),
    "encoding.cut": (
        "{count} 处文字末尾的汉字被字段宽度截断，残余字节已去除。",
        "{count} texts were cut inside their last character, whose rest was dropped. ",
        "如需全文请加宽字段后重新导出。",
        "Widen the field and export again to have them whole.",
    ),
    "encoding.json": (
        "JSON 应为 UTF-8，该文件是 {encoding}，已转换。",
        "JSON must be UTF-8; this file is {encoding} and was converted. ",
        "请核对名称。",
        "Look at the names.",
    ),
    "shapefile.no_dbf": (
        "缺少 .dbf，只有图形，没有属性。",
        "The .dbf is missing: there are shapes without attributes. ",
        "需要名称等属性时请补上 .dbf。",
        "Add the .dbf to have names.",
    ),
    "shapefile.no_shx": (
        "缺少 .shx，已按图形重建索引。",
        "The .shx is missing and was rebuilt. ",
        "无需处理。",
        "Nothing to do.",
    ),
    "table.title_skipped": (
        "表头之前的 {count} 行标题已跳过。",
        "{count} lines of title before the header were skipped. ",
        "无需处理。",
        "Nothing to do.",
    ),
    "crs.unknown": (
        "文件没有说明坐标系。",
        "The file does not state its coordinate system. ",
        f"请用 --datum 指定：{_DATUMS}。",
        "Name it with --datum: wgs84, cgcs2000, gcj02 or bd09.",
    ),
    "crs.no_such_datum": (
        "没有基准 {datum}。",
        "There is no datum {datum}. ",
        "可用：{known}。",
        "Choose one of: {known}.",
    ),
    "crs.unreadable": (
        "坐标系说明无法识别：{reason}。",
        "The stated coordinate system cannot be read: {reason}. ",
        "请换用标准的 .prj。",
        "Replace the .prj by a standard one.",
    ),
    "crs.local": (
        "坐标系 {crs} 是本地坐标，没有地球上的位置。",
        "{crs} is a local system without a place on earth. ",
        "请先转换到 CGCS2000 或 WGS 84。",
        "Convert to CGCS2000 or WGS 84 first.",
    ),
    "crs.unsure": (
        "鉴定不能确定坐标系（候选：{known}），未按猜测导入。",
        "The inspection cannot be sure of the coordinate system (candidates: {known});"
        " nothing was guessed. ",
        "用 gridlink inspect 或导入页查看证据，再用 --datum 指定其一。",
        "Look at the evidence with gridlink inspect, then name one with --datum.",
    ),
    "crs.inspected": (
        "坐标系由鉴定得出：{reading}（把握 {percent}%），文字编码 {encoding}。",
        "The coordinate system is the inspection's finding: {reading} ({percent} % sure),"
        " the texts are {encoding}. ",
        "请在地图上核对位置。",
        "Check the positions on the map.",
    ),
    "crs.contradiction": (
        "文件的坐标系是投影坐标 {crs}，与 --datum {datum} 矛盾。",
        "The file is projected ({crs}), which contradicts --datum {datum}. ",
        "去掉 --datum，或改正 .prj。",
        "Leave out --datum, or correct the .prj.",
    ),
    "crs.mixed": (
        "“坐标基准”一列写了几种坐标：{found}。",
        "The column of datums names several: {found}. ",
        "请按坐标分成几个文件。",
        "Make a file of each.",
    ),
    "crs.mismatch": (
        "坐标不在所声明的坐标系 {crs} 范围内（行: x, y）：{found}。",
        "The coordinates are not in the stated system {crs} (row: x, y): {found}. ",
        "请改正 .prj，检查经纬度是否颠倒，或把坐标转换后再导入。",
        "Correct the .prj, check the order of lon and lat, or convert the coordinates.",
    ),
    "crs.assumed": (
        "【注意】文件没有说明基准，已按 WGS 84 经纬度处理（{crs}）。"
        "国内常见 GCJ-02 会偏移约 500 米。",
        "ATTENTION: no datum is stated; degrees were taken as WGS 84 ({crs})."
        " Chinese files are often GCJ-02, which is 500 m off. ",
        f"如非 WGS 84，请用 --datum 指定：{_DATUMS}，再次导入会替换本数据集。",
        "If they are not, name the datum with --datum and import again: the set is replaced.",
    ),
    "crs.overruled": (
        "文件声明 {crs}，已按指定的 {datum} 处理。",
        "The file states {crs}; it was read as {datum}, as told. ",
        "请在地图上核对位置。",
        "Check the positions on the map.",
    ),
    "code.assigned": (
        "没有编码列，以行号作为网格编码。",
        "There is no code column: row numbers serve as grid codes. ",
        "可用 --map code=列名 指定。",
        "Name one with --map code=COLUMN.",
    ),
    "name.assigned": (
        "没有名称列，以编码或行号命名。",
        "There is no name column: codes or row numbers serve as names. ",
        "可用 --map name=列名 指定。",
        "Name one with --map name=COLUMN.",
    ),
    "bearing.unreadable": (
        "方位 {found} 无法识别，按未知处理。",
        "The bearing {found} cannot be read and is taken as unknown. ",
        "请改为度数或方位词，如 135、东南、90;180。",
        "Write degrees or a compass point, such as 135, SE or 90;180.",
    ),
    "division.unknown": (
        "{count} 行不在任何已导入的行政区划内，已导入，区划未知。",
        "{count} rows lie in no known division; they were taken, their division is unknown. ",
        "请核对坐标，或先导入行政区划。",
        "Check the coordinates, or import divisions first.",
    ),
}
