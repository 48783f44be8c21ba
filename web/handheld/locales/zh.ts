/** Chinese is the source: the other language has its keys. */
export const zh = {
  app: { name: '网格联 手持端', back: '返回', cancel: '取消', close: '关闭', unreachable: '连不上服务器', newEdition: '新版本已就绪', update: '更新', copied: '已复制' },
  tabs: { today: '任务', report: '上报', track: '轨迹', mine: '我的' },
  signIn: { title: '登录', username: '用户名', password: '密码', act: '登录', again: '登录已过期，请重新登录；未发送的内容都在本机，一条不少。', wrongRole: '该账号不是网格员账号，请使用电脑端。', needsNetwork: '首次登录需要网络。', remain: '本机另有 {n} 条其他账号的未发送内容，该账号登录后继续发送。' },
  sync: {
    offline: '离线 · {n} 条待发送',
    offlineNone: '离线 · 显示 {at} 的内容',
    waiting: '{n} 条待发送',
    refused: '{n} 条未被接受，请查看',
    ended: '登录已过期 · {n} 条待发送',
    endedNone: '登录已过期',
    signIn: '重新登录',
    look: '查看',
  },
  duty: { on: '在岗', off: '未上岗', goOn: '上岗', goOff: '下岗', ask: '确认下岗？下岗后停止记录位置。', since: '{at} 起', until: '班次到 {at}', noUnit: '该账号还没有关联力量，请联系调度员。', denied: '未获得定位权限：轨迹与到场无法按位置证明，请在系统设置中允许。', unavailable: '暂时收不到定位信号', openOnly: '位置只在本应用打开且亮屏时记录。' },
  today: { empty: '没有任务', emptyHint: '新任务会出现在这里', open: '待办 {n}', ended: '已结束 {n}', asOf: '数据截至 {at}', deadline: '截止 {at}', late: '已超时', acceptBy: '请在 {at} 前答复', noPlace: '无地点', pull: '下拉刷新', release: '松开刷新', loading: '正在读取' },
  severity: { red: '红', yellow: '黄', blue: '蓝' },
  kind: { incident: '事件', patrol: '巡防', check: '核查', other: '其他' },
  state: { offered: '待接受', accepted: '已接受', under_way: '途中', arrived: '已到场', done: '已办结', refused: '已拒绝', timed_out: '超时未接', withdrawn: '已撤回', waiting: '待发送', notTaken: '未被接受' },
  act: { accept: '接受', refuse: '拒绝', start: '出发', arrive: '到场', finish: '办结', on: '上岗', off: '下岗', report: '上报', photograph: '照片', checkin: '签到' },
  task: {
    place: '地点', distance: '距离', road: '沿路 {m}', straight: '直线 {m}', deadline: '截止', arriveBy: '应到', grids: '网格', text: '内容', number: '编号', navigate: '导航', copy: '复制坐标', gone: '该任务已不在列表中',
    proofPosition: '到场将以当前位置证明', proofNone: '没有定位，请拍照证明到场', result: '办理结果', resultHint: '写明做了什么', reason: '拒绝原因', reasonHint: '选择或写明原因', reasons: '正在处理其他任务/距离太远/车辆或装备不足/不在本网格',
    needText: '请填写内容', kept: '已存入本机', notKept: '没有存下：手机存储空间不足，请清理后重试',
  },
  photo: { add: '拍照', remove: '删除照片', fault: '这张照片打不开，请重拍', count: '{n} 张照片' },
  report: { title: '上报事件', kind: '类别', place: '地点', here: '当前位置', accuracy: '误差 {m}', seeking: '正在定位', none: '没有定位，请在地图上选点', pick: '地图选点', picked: '地图所选', text: '情况', textHint: '看到什么，是否有人受伤，需要什么', act: '上报', needKind: '请选择类别', needPlace: '请确定地点', kept: '已存入本机，联网后自动发送', noKinds: '类别尚未读取，请先联网一次' },
  pick: { title: '移动地图，对准地点', act: '就选这里', noMap: '没有网络时地图可能空白，十字所指位置仍然有效' },
  track: { title: '今日轨迹', none: '今天还没有轨迹', length: '里程', known: '在案', gaps: '信号中断 {n} 段', points: '{n} 个位置', unsent: '{n} 个位置待发送', from: '{from} 至 {to}', gapHint: '虚线为信号中断，其间位置未知', scale: '{m}' },
  checkpoint: { title: '签到点', near: '距您 {m}', act: '签到', done: '已签到', tooFar: '走近 {m} 后可签到' },
  mine: { unit: '力量', account: '账号', unsent: '未发送', language: '语言', theme: '主题', system: '跟随系统', dark: '深色', light: '浅色', chinese: '中文', english: '英文', signOut: '退出登录', signOutAsk: '还有 {n} 条内容未发送，它们留在本机，该账号再次登录后发送。仍要退出？', signOutPlain: '确认退出登录？', version: '版本' },
  unsent: { title: '未发送', none: '全部已发送', sendNow: '立即发送', sending: '正在发送', age: '{age}前', tries: '已试 {n} 次', next: '{s} 秒后再试', offline: '等待网络', signedOut: '等待重新登录', held: '等待前一条', retry: '重试', discard: '丢弃', discardAsk: '丢弃后无法恢复，服务器不会知道这件事。', discardReport: '连同它的照片一并丢弃，无法恢复，服务器不会知道这件事。', fixes: '{n} 个位置', refusals: '{n} 个位置未被接受', others: '其他账号的 {n} 条', recent: '最近已发送', notTaken: '服务器未接受：{why}', stateNow: '任务此前已变为“{state}”。' },
  unit: { m: '米', km: '公里', minutes: '{n} 分钟', hours: '{n} 小时', days: '{n} 天', now: '刚刚' },
  side: { n: '北', ne: '东北', e: '东', se: '东南', s: '南', sw: '西南', w: '西', nw: '西北' },
  kinds: { household_head: '治安户长', grid_worker: '网格员', volunteer: '群防群治', response: '应急处突' },
}

export type Messages = typeof zh
