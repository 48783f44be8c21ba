// Verifies an evidence package in this browser alone. Nothing is sent anywhere.
'use strict'

const words = {
  zh: {
    other: 'English',
    title: '证据核验',
    intro: '选择从监管平台导出的证据包（zip）。本页只在您的浏览器里核对签名与校验值。',
    choose: '选择证据包，或拖到这里',
    offline: '不联网，不上传，无需登录',
    working: '正在核验…',
    good: '完好：与封存时一致',
    bad: '不可信：{n} 处不符',
    insecure: '此页须经 https 打开，或从证据包中取出 verify.html 直接打开，浏览器才提供所需的密码算法。',
    old: '此浏览器不支持 Ed25519 签名核验，请使用较新的浏览器，或使用命令 gridlink evidence verify。',
    unreadable: '这不是证据包，或文件已损坏，无法打开。',
    key: '签名公钥指纹',
    compare: '请与机关公布的指纹逐组比对。指纹不同，签名再正确也不能说明证据出自该机关。',
    facts: '清单所载',
    checks: '逐项核对',
    keyMissing: '没有公钥',
    signatureBad: '内容或签名被改动：二者不符',
    signatureMissing: '缺少签名或签名无法读取',
    altered: '文件被改动或缺失：SHA-256 不符',
    foreign: '此文件不属于证据包',
    otherKey: '清单注明的是另一把密钥',
    manifestMissing: '没有清单',
    registerBad: '登记簿摘录被改动：校验值不符',
    registerOther: '登记簿摘录说的是另一份清单',
    registerUnreadable: '登记簿摘录无法读取',
    fact: { number: '编号', incident: '事件', camera: '摄像机', first: '起', last: '止', ended: '结束', made: '留存人', purpose: '事由', gaps: '间断', original: '原件', masks: '遮盖区域' },
    purpose: { incident: '处置事件', patrol: '视频巡查', maintenance: '设备维护', calibration: '校准摄像机', inspection: '监督检查' },
    ended: { stopped: '按要求停止', complete: '完整', crashed: '因故障中断', disk_full: '因存储已满中断', shut_down: '因服务停止中断' },
  },
  en: {
    other: '中文',
    title: 'Verify evidence',
    intro: 'Choose an evidence package (zip) as it was exported. This page checks signatures and hashes in your browser alone.',
    choose: 'Choose a package, or drop it here',
    offline: 'no network, no upload, no sign-in',
    working: 'Verifying…',
    good: 'Sound: exactly as it was sealed',
    bad: 'Not to be trusted: {n} faults',
    insecure: 'Open this page by https, or open verify.html from the package itself: only then does the browser offer the algorithms that are needed.',
    old: 'This browser cannot verify Ed25519 signatures. Use a newer one, or the command gridlink evidence verify.',
    unreadable: 'This is no evidence package, or it is damaged and cannot be opened.',
    key: 'Fingerprint of the signing key',
    compare: 'Compare it group by group with the one the authority made public. If it differs, a good signature does not show that the evidence is the authority\u2019s.',
    facts: 'What the manifest says',
    checks: 'What was checked',
    keyMissing: 'there is no public key',
    signatureBad: 'content or signature was altered: they do not match',
    signatureMissing: 'the signature is missing or unreadable',
    altered: 'the file was altered or is missing: its SHA-256 is another one',
    foreign: 'this file does not belong to the package',
    otherKey: 'the manifest names another key',
    manifestMissing: 'there is no manifest',
    registerBad: 'the extract of the register was altered: its hash does not match',
    registerOther: 'the extract of the register is about another manifest',
    registerUnreadable: 'the extract of the register cannot be read',
    fact: { number: 'Number', incident: 'Incident', camera: 'Camera', first: 'From', last: 'To', ended: 'Ended', made: 'Made by', purpose: 'Purpose', gaps: 'Gaps', original: 'Original', masks: 'Masked areas' },
    purpose: { incident: 'Handling an incident', patrol: 'Video patrol', maintenance: 'Maintaining equipment', calibration: 'Calibrating a camera', inspection: 'Inspection' },
    ended: { stopped: 'stopped as asked', complete: 'complete', crashed: 'cut off by a crash', disk_full: 'cut off by a full disk', shut_down: 'cut off by a shutdown' },
  },
}

let language = /^zh/i.test(navigator.language) ? 'zh' : 'en'
let shown = null
const element = (id) => document.getElementById(id)
const say = (key, values = {}) => (words[language][key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name])

// --- zip: the central directory says what there is; content is stored without compression ---------

async function openZip(file) {
  const tail = new DataView(await file.slice(Math.max(0, file.size - 65_557)).arrayBuffer())
  let end = tail.byteLength - 22
  while (end >= 0 && tail.getUint32(end, true) !== 0x06054b50) end--
  if (end < 0) throw new Error('no zip')
  const count = tail.getUint16(end + 10, true)
  const size = tail.getUint32(end + 12, true)
  const offset = tail.getUint32(end + 16, true)
  const directory = new DataView(await file.slice(offset, offset + size).arrayBuffer())
  const entries = new Map()
  for (let n = 0, at = 0; n < count; n++) {
    if (directory.getUint32(at, true) !== 0x02014b50) throw new Error('damaged zip')
    const lengths = [28, 30, 32].map((field) => directory.getUint16(at + field, true))
    const name = new TextDecoder().decode(new Uint8Array(directory.buffer, at + 46, lengths[0]))
    if (entries.has(name)) throw new Error('two files of one name')
    entries.set(name, { method: directory.getUint16(at + 10, true), size: directory.getUint32(at + 20, true), offset: directory.getUint32(at + 42, true) })
    at += 46 + lengths[0] + lengths[1] + lengths[2]
  }
  return {
    names: [...entries.keys()],
    async bytes(name) {
      const entry = entries.get(name)
      if (!entry || entry.method !== 0) return null
      const head = new DataView(await file.slice(entry.offset, entry.offset + 30).arrayBuffer())
      if (head.byteLength < 30 || head.getUint32(0, true) !== 0x04034b50) return null
      const begin = entry.offset + 30 + head.getUint16(26, true) + head.getUint16(28, true)
      return file.slice(begin, begin + entry.size).arrayBuffer()
    },
  }
}

// --- signatures and hashes ----------------------------------------------------------------------

const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
const unhex = (text) => new Uint8Array(text.match(/../g).map((pair) => parseInt(pair, 16)))
const text = (buffer) => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(buffer)
const sha256 = async (buffer) => hex(await crypto.subtle.digest('SHA-256', buffer))

async function keyOf(buffer) {
  const body = text(buffer).replace(/-----(BEGIN|END) PUBLIC KEY-----|\s/g, '')
  const spki = Uint8Array.from(atob(body), (letter) => letter.charCodeAt(0))
  const key = await crypto.subtle.importKey('spki', spki, { name: 'Ed25519' }, true, ['verify'])
  const digest = await sha256(spki.slice(-32))
  return { key, name: digest.slice(0, 16), fingerprint: digest.match(/.{4}/g).join(' ') }
}

async function isSigned(key, content, signature) {
  if (!signature || !/^[0-9a-f]{128}$/.test(text(signature))) return null
  return crypto.subtle.verify({ name: 'Ed25519' }, key, unhex(text(signature)), content)
}

async function canVerify() {
  try {
    const pair = await crypto.subtle.generateKey({ name: 'Ed25519' }, false, ['sign', 'verify'])
    return Boolean(pair)
  } catch {
    return false
  }
}

// --- the checks, in the order of `gridlink evidence verify` ----------------------------------------

async function verify(zip) {
  const findings = []
  // A file that is at fault is told of once.
  const isTold = (file) => findings.some((one) => one.file === file && one.fault)
  const note = (file, fault = null) => (isTold(file) || findings.push({ file, fault }), fault === null)
  const keys = {}
  for (const name of ['public-key.pem', 'package-key.pem']) {
    const content = await zip.bytes(name)
    keys[name] = content && (await keyOf(content).catch(() => null))
    if (!keys[name]) note(name, 'keyMissing')
  }
  if (findings.length) return { findings }
  await checkPackage(zip, keys['package-key.pem'], note)
  const manifest = await checkManifest(zip, keys['public-key.pem'], note)
  if (manifest) await checkRegister(zip, note)
  return { findings, manifest, fingerprint: keys['package-key.pem'].fingerprint }
}

async function checkPackage(zip, { key }, note) {
  const list = await zip.bytes('package.json')
  const isGood = list && (await isSigned(key, list, await zip.bytes('package.sig')))
  if (!isGood) return note('package.json', list && isGood === false ? 'signatureBad' : 'signatureMissing')
  note('package.json')
  const files = JSON.parse(text(list)).files
  const own = ['package.json', 'package.sig']
  for (const name of zip.names) if (!(name in files) && !own.includes(name)) note(name, 'foreign')
  for (const [name, digest] of Object.entries(files)) {
    const content = await zip.bytes(name)
    if (!content || (await sha256(content)) !== digest) note(name, 'altered')
  }
}

async function checkManifest(zip, { key, name }, note) {
  const content = await zip.bytes('manifest.json')
  if (!content) return note('manifest.json', 'manifestMissing') && null
  const isGood = await isSigned(key, content, await zip.bytes('manifest.sig'))
  if (isGood === null) return note('manifest.sig', 'signatureMissing') && null
  if (!isGood) return note('manifest.json', 'signatureBad') && null
  const manifest = JSON.parse(text(content))
  if (manifest.key !== name) return note('manifest.json', 'otherKey') && null
  note('manifest.json')
  for (const part of manifest.parts) {
    const file = await zip.bytes(part.file)
    note(part.file, file && (await sha256(file)) === part.sha256 ? null : 'altered')
  }
  const sketch = await zip.bytes('sketch.svg')
  if (sketch) note('sketch.svg', (await sha256(sketch)) === manifest.sketch_sha256 ? null : 'altered')
  return manifest
}

async function checkRegister(zip, note) {
  try {
    const { entry } = JSON.parse(text(await zip.bytes('register.json')))
    const content = new TextEncoder().encode(entry.content)
    const linked = new Uint8Array([...unhex(entry.previous_hash), ...content])
    const manifest = await sha256(await zip.bytes('manifest.json'))
    if ((await sha256(linked)) !== entry.hash) return note('register.json', 'registerBad')
    return note('register.json', JSON.parse(entry.content).detail.manifest_sha256 === manifest ? null : 'registerOther')
  } catch {
    return note('register.json', 'registerUnreadable')
  }
}

// --- the page -----------------------------------------------------------------------------------

function row(list, kind, mark, name, fault) {
  const item = document.createElement('li')
  item.className = kind
  const sign = document.createElement('i')
  sign.textContent = mark
  const line = document.createElement('span')
  const code = document.createElement('code')
  code.textContent = name
  line.append(code, fault ? `\u3000${fault}` : '')
  item.append(sign, line)
  list.append(item)
}

/** In the reader's own time, which says of itself how far from UTC it is. */
function moment(iso) {
  const at = new Date(iso)
  if (Number.isNaN(at.getTime())) return String(iso)
  const east_min = -at.getTimezoneOffset()
  const zone = `UTC${east_min < 0 ? '-' : '+'}${Math.abs(east_min) / 60}`
  return `${new Date(at.getTime() + east_min * 60_000).toISOString().slice(0, 23).replace('T', ' ')} (${zone})`
}

function showFacts(manifest) {
  const list = element('facts').querySelector('dl')
  list.replaceChildren()
  const names = words[language].fact
  const facts = [
    [names.number, manifest.id],
    [names.incident, manifest.incident.number],
    [names.camera, manifest.camera.name],
    [names.first, moment(manifest.first_at)],
    [names.last, moment(manifest.last_at)],
    [names.ended, words[language].ended[manifest.ended] ?? manifest.ended],
    [names.made, manifest.made_by.name],
    [names.purpose, words[language].purpose[manifest.purpose] ?? manifest.purpose],
    [names.gaps, manifest.gaps.map((gap) => `${moment(gap.from_at)} \u2013 ${moment(gap.to_at)} (${gap.reason})`).join('; ') || '0'],
    ...(manifest.original ? [[names.original, `${manifest.original.id} ${manifest.original.manifest_sha256}`], [names.masks, manifest.masks.length]] : []),
  ]
  for (const [name, value] of facts) {
    list.append(Object.assign(document.createElement('dt'), { textContent: name }), Object.assign(document.createElement('dd'), { textContent: String(value) }))
  }
}

function render() {
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en'
  document.title = say('title')
  for (const node of document.querySelectorAll('[data-t]')) node.textContent = say(node.dataset.t)
  element('language').textContent = say('other')
  const verdict = element('verdict')
  verdict.hidden = shown === null
  element('key').hidden = !shown?.fingerprint
  element('facts').hidden = !shown?.manifest
  element('checks').hidden = !shown?.findings
  if (shown === null) return
  const faults = (shown.findings ?? []).filter(({ fault }) => fault)
  const kind = shown.message ? 'unable' : faults.length ? 'bad' : 'good'
  verdict.className = kind
  verdict.textContent = shown.message ? say(shown.message) : say(kind, { n: faults.length })
  element('fingerprint').textContent = shown.fingerprint ?? ''
  if (shown.manifest) showFacts(shown.manifest)
  const list = element('checks').querySelector('ul')
  list.replaceChildren()
  for (const { file, fault } of shown.findings ?? []) row(list, fault ? 'bad' : 'good', fault ? '\u2717' : '\u2713', file, fault && say(fault))
}

async function look(file) {
  if (!file) return
  shown = { message: 'working' }
  render()
  if (!globalThis.crypto?.subtle) shown = { message: 'insecure' }
  else if (!(await canVerify())) shown = { message: 'old' }
  else shown = await openZip(file).then(verify).catch(() => ({ message: 'unreadable' }))
  render()
}

element('language').addEventListener('click', () => {
  language = language === 'zh' ? 'en' : 'zh'
  render()
})
element('file').addEventListener('change', (event) => look(event.target.files[0]))
const drop = element('drop')
for (const name of ['dragover', 'dragleave', 'drop']) {
  drop.addEventListener(name, (event) => {
    event.preventDefault()
    drop.classList.toggle('over', name === 'dragover')
    if (name === 'drop') look(event.dataTransfer.files[0])
  })
}
render()
if (!globalThis.crypto?.subtle) {
  shown = { message: 'insecure' }
  render()
}
