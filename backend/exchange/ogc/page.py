"""The plain page that a browser is shown: what there is, and how QGIS connects to it."""

from collections.abc import Iterable
from html import escape

from ..layers import Layer

_PAGE = """<!doctype html>
<html lang="zh-CN"><meta charset="utf-8"><title>{title}</title>
<style>
body {{ font: 15px/1.7 system-ui, "Noto Sans CJK SC", sans-serif; max-width: 46em;
  margin: 3em auto; padding: 0 1.5em; color: #1d2733; background: #fff; }}
h1 {{ font-size: 1.5em; font-weight: 600; }} h2 {{ font-size: 1.1em; margin-top: 2em; }}
table {{ border-collapse: collapse; width: 100%; }}
td {{ border-bottom: 1px solid #d8dee6; padding: .4em .8em .4em 0; }}
code {{ font: .92em ui-monospace, monospace; background: #f0f3f7; padding: .1em .35em; }}
a {{ color: #0b5cad; }}
@media (prefers-color-scheme: dark) {{ body {{ color: #dbe3ec; background: #12181f; }}
  td {{ border-color: #2b3642; }} code {{ background: #1e2731; }} a {{ color: #6cb2f7; }} }}
</style>
<h1>{title}</h1>
<p>OGC API – Features 与 Tiles，只读，范围为令牌账号的辖区。</p>
<h2>图层</h2>
<table>{rows}</table>
<h2>用 QGIS 连接</h2>
<ol>
<li>“图层 › 添加图层 › 添加 WFS / OGC API – 要素图层”，新建连接，
地址 <code>{base}</code>，版本选 OGC API – 要素。</li>
<li>认证选“基本认证”：用户名任意，密码为访问令牌
（<code>glk_…</code>，在控制台“管理 › 导出”中创建）。</li>
<li>每页要素数可填 10000；坐标系选 CGCS2000（EPSG:4490）或 WGS 84。</li>
</ol>
<p><a href="{base}/collections">collections</a> · <a href="{base}/api">api</a> ·
<a href="{base}/conformance">conformance</a></p>
</html>
"""


def page(base: str, title: str, layers: Iterable[Layer]) -> str:
    """Return the landing page as HTML."""
    rows = "".join(
        f'<tr><td>{escape(layer.zh)}<td>{escape(layer.en)}<td><a href="{escape(base)}/collections/'
        f'{layer.name}/items?limit=10">{layer.name}</a>'
        for layer in layers
    )
    return _PAGE.format(title=escape(title), base=escape(base), rows=rows)
