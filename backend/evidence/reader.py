"""What a package says to whoever opens it without having heard of this product."""

from collections.abc import Mapping

_ZH = """{site} 证据包 第 {number} 号

内容
  {files}  证据文件，按原样保存，未经重新编码
  manifest.json       清单：文件校验值、起止时间、间断、何人何事由何事件
  manifest.sig        清单的 Ed25519 签名（十六进制）
  sketch.svg          示意图：当时摄像机看得见的范围与事件位置，用浏览器打开
  register.json       封存时登记簿的一条记录及其校验值
  public-key.pem      清单的签名公钥
  package.json / .sig / package-key.pem   本包文件表、签名与公钥

核验
  1. 用浏览器打开 verify.html，选择本证据包（zip 原文件）。不联网。
  2. 或用命令：gridlink evidence verify 本包.zip --key 机关公布的公钥.pem
  3. 公钥指纹必须与机关公布的一致：
     {fingerprint}
     指纹不一致时，签名再正确也不能说明证据出自该机关。

说明
  时间为协调世界时（UTC）。片段有间断时分为数个文件，间断列在清单里。
  本产品不识别人脸、车牌，也不识别任何人。
"""

_EN = """{site_en}: evidence package no. {number}

Contents
  {files}  the evidence as it was received, not encoded again
  manifest.json       hashes of the files, times, gaps, who made it, why, for which incident
  manifest.sig        Ed25519 signature of the manifest (hexadecimal)
  sketch.svg          what the camera could see and where the incident was; open in a browser
  register.json       the register's entry of the sealing, with its hash
  public-key.pem      the public key of the manifest's signature
  package.json / .sig / package-key.pem   list of these files, its signature and public key

Verify
  1. Open verify.html in a browser and choose this package (the zip itself). No network is used.
  2. Or type: gridlink evidence verify PACKAGE.zip --key KEY-OF-THE-AUTHORITY.pem
  3. The fingerprint of the key must be the one the authority made public:
     {fingerprint}
     If it is another one, a good signature does not show that the evidence is the authority's.

Notes
  Times are UTC. A clip with gaps has several files; the gaps are listed in the manifest.
  This product recognises no faces, no number plates and no persons.
"""


def readme_zh(facts: Mapping[str, object]) -> str:
    """Return the Chinese leaflet."""
    return _ZH.format_map(facts)


def readme_en(facts: Mapping[str, object]) -> str:
    """Return the English leaflet."""
    return _EN.format_map(facts)
