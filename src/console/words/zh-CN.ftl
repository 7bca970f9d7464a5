# 页面文字，简体中文。

## 导航

nav-skip = 跳到正文
nav-pages = 页面
nav-now = 当前
nav-reasons = 员工看到的文字
nav-preferences = 语言与时间
nav-sign-out = 退出登录（{ $name }）

## 没有的页面

page-home = 查看当前情况
page-not-now = 暂时不可用
page-unwritable = 审计记录现在无法写入；不能留下记录的内容不予显示。请稍后再试。
page-none = 没有这个页面
page-none-text = 这里什么也没有，或者您无权查看。
page-forbidden = 您的角色没有此权限
page-forbidden-text = 请由具有相应角色的人员为您查看。
page-foreign = 未执行任何操作
page-foreign-text = 此请求并非来自您本次会话的页面。请返回并重新加载页面后再试。
page-refused = 未执行任何操作
page-unread-text = 收到的内容并非我们的页面所发送。
page-back = 返回

## 未执行的原因

refused-no-reason = 原因须有实际内容，不超过 500 个字符，且为单行。
refused-unknown = 没有这样的事件、来源、规则或已触发的熔断器。
refused-wrong-state = 事件的当前状态不允许此操作。页面加载后状态可能已改变。
refused-not-later = 当前的结束时间已更晚；延长不会提前结束遏制。请填写从现在起更多的小时数。
refused-own-account = 任何人不得对涉及自己的处置作出决定。
refused-own-request = 须由发起人以外的人决定。
refused-own-rule = 须由规则作者和负责人以外的人决定。
refused-unknown-approver = 不知道您的账号是哪个，计划可能针对您本人。管理员可以登记您的账号。
refused-whose-unknown = 无法确定这是谁的账号，可能是您本人的。请由在组织内没有账号的人员决定。
refused-other-plan = 页面加载后计划已改变，请重新阅读。
refused-no-breaker = 熔断器只针对单个来源或单条规则触发。
refused-unavailable = 现在无法作出决定，请稍后再试。

## 偏好

preferences-title = 语言与时间
preferences-language = 语言
preferences-zone = 时区
preferences-zone-hint = 例如 Asia/Shanghai 或 Europe/Berlin。时间按此时区显示，鼠标悬停时显示 UTC。
preferences-zone-unknown = 没有这个名称的时区。
preferences-save = 保存

## 登录

sign-in-title = 登录
sign-in-token = 令牌
sign-in-token-hint = 发给您的令牌。浏览器不会保存它。
sign-in-button = 登录
sign-in-oidc = 使用 { $name } 登录
sign-in-or = 或者使用令牌：
sign-in-oidc-refused = 登录被拒绝。请重新开始；如仍无效，服务器管理员可在日志中查到原因。
sign-in-oidc-unavailable = 现在无法联系身份提供方，请稍后再试。
sign-in-oidc-no-role = 您已证明身份，但尚未有人在此授予您角色。
sign-in-refused = 这不是可以登录的令牌。
sign-in-again-other = 此令牌有效，但属于另一人。请先退出登录，再以其身份登录。
sign-in-again-title = 请再次确认是您本人
sign-in-again-text = 接下来的操作影响重大。请再次登录；此后 { $minutes } 分钟内不再询问。
sign-in-first-title = 首次登录
sign-in-first-text = 此链接仅可使用一次，使您在本次会话中成为管理员。请随后为自己和他人发放令牌。
sign-in-first-over = 此链接已失效或不存在。

## 当前

now-title = 当前
now-dry-run = 演练模式。
now-dry-run-text = 对命中的告警只作计划，不对任何账号操作，也不通知任何人。
now-run = 处置正常运行。
now-run-text = 命中的告警会被处置。
now-run-partly = 处置正在运行，但并非全部。
now-run-partly-text = 下列各项不会被处置。
now-tried = 正在试用 { $name }，至 { $time } 为止：期间其告警仅供查看，不作任何处置。
now-pause = 暂停所有处置
now-resume = 恢复处置
now-release-breaker = 解除熔断器
now-contained = 当前已遏制
now-waiting = 等待人工决定
now-under-way = 进行中
now-records = 审计记录条数
now-as-of = 截至 { $time }。
now-root = 审计日志根哈希：{ $root }。
now-signed-in = 当前登录：{ $name }。
now-paused-all = 所有处置已暂停
now-paused-source = 来源 { $name } 的处置已暂停
now-paused-rule = 规则 { $name } 的处置已暂停
now-paused = { $what }，自 { $since } 起，由 { $actor } 暂停：{ $reason }
now-tripped-all = 全局熔断器已触发
now-tripped-source = 来源 { $name } 的熔断器已触发
now-tripped-rule = 规则 { $name } 的熔断器已触发
now-tripped = { $what }，时间 { $since }：{ $minutes } 分钟内将处置 { $accounts } 个账号。在有人解除之前保持触发状态。
now-pause-this = 停止依其告警处置
now-resume-this = 恢复依其告警处置
none = 无。
more = 另有 { $written } 条。
column-incident = 事件
column-account = 账号
column-rule = 规则
column-steps = 步骤
column-opened = 开始时间
column-why = 原因
column-owner = 负责人
column-read-back = 核实时间
column-until = 截止
column-source = 来源
column-how-many = 数量
column-last = 最近一次
column-lacks = 启用前尚缺
column-locale = 语言区域
column-text = 文字
column-characters = 字符数
until-plan = 截至 { $time }，计划 { $plan }
by-hand = 人工发起：{ $name }
not-resolved = 尚未确定
next-at = 下一次 { $time }
step-pending = 未开始
step-started = 进行中
step-postponed = 将重试
step-unknown = 结果未知
step-claimed = 已声称完成
step-verified = 已核实
step-failed = 已放弃

## 遏制

contained-title = 已遏制
contained-offered = 是否恢复？{ $why }
contained-should = 是否应当恢复？
contained-unread = 尚未核实
contained-unread-unknown = 尚未核实：无人知道账号是否已停用
contained-enabled-by-others = 已被他人启用：发现于 { $time }
contained-others = { $count ->
   *[other] 另有 { $written } 个事件也遏制此账号
}
contained-read-back = 核实于 { $time }。
contained-not-read-back = 尚未核实。
contained-not-read-back-unknown = 尚未核实：无人知道钉钉是否已停用该账号。
contained-until = 截至 { $time }。
contained-somebody-enabled = 已被他人启用：发现于 { $time }。
contained-owner = 负责人：{ $name }。
not-known = 未知
undo-by-hand = 直到有人解除
undo-under-way = 正在恢复
undo-held = 等待人工决定：{ $why }
undo-given-up = 未能恢复：{ $code }
undo-not-ours = 此前已被停用，并非由本系统停用

## 搁置的告警

held-title = 搁置且未立案的告警
held-text = 规则要求处置，但未对任何人采取行动。每一行在其最后一次告警一周后消失。
held-record = { $alert }，记录 { $record }

## 事件

incident-title = 事件 { $id }
incident-waits = 等待人工决定：{ $why }。
incident-contained = 账号已被遏制。
incident-people = 需要 { $people } 人同意，目前已有 { $given } 人。
incident-approved-by-you = 您已批准，还需要另一人批准。
incident-extended = 已有人推迟结束时间：现为 { $time }，以此为准，而非计划所写。
incident-held-again = { $name } 已于 { $time } 批准；保护层再次检查后，因上述原因再次拦下。只要原因仍在，再批准也不会有变化。
incident-under-way = 进行中。
incident-closed = 已关闭。
incident-closed-text = 没有待办事项。
incident-lapses = 须在 { $time } 之前批准。
incident-failure = 失败：{ $code }
incident-beyond = 截至当时，一小时内 { $hour } 次，上限 { $per-hour }；一天内 { $day } 次，上限 { $per-day }。
incident-candidates = 可能是以下任一账号：
incident-account = 账号：{ $account }。开始于 { $time }。
incident-by-hand = 由 { $name } 人工发起。
incident-rules = 规则
incident-steps = 步骤
incident-plan = 计划 { $plan }。
incident-decide = 如何处理？
incident-reason = 原因
incident-reason-hint = 将与您的名字一起写入审计记录。
incident-approve = 批准：继续执行
incident-dismiss = 驳回：不作处置
incident-hold = 暂缓：暂不再处置
incident-extend = 延长：继续停用账号
incident-extend-hours = 自现在起的小时数，最多 { $most }
incident-release = 解除：恢复账号
incident-false-alarm = 这是误报：该账号本不应被遏制。
incident-again = 将先请您再次确认是您本人。
told-sign-out = 员工看到 { $code }，日志写明：{ $reason }
told-again = 停用之后再执行一次
told-disable-for = 持续 { $time }，日志写明：{ $reason }
told-disable = 直到有人恢复，日志写明：{ $reason }
told-enable = 停用 { $time } 之后
told-dingtalk-id = 改为 { $id }，一年内无法撤销
told-notify = 通过 { $channel }
lasting-days = { $count ->
   *[other] { $written } 天
}
lasting-hours = { $count ->
   *[other] { $written } 小时
}
lasting-minutes = { $count ->
   *[other] { $written } 分钟
}
lasting-seconds = { $count ->
   *[other] { $written } 秒
}

## 规则

rules-title = 规则
rules-refused = 规则目录被拒绝
rules-refused-text = { $what }，自 { $since } 起：{ $problems } 个问题。{ $loaded } 加载的规则继续生效。
rules-in-force = 自 { $since } 起共 { $rules } 条规则，规则集 { $set }
rules-commit = 提交 { $commit }
rules-signed = 签名者 { $signer }
rules-unpromoted = { $written } 条规则未经记录在案的启用便在处置。
rules-watching = 仅观察的规则
rules-never = 从未
rules-nothing-missing = 不缺任何条件
lack-days = 按现在的内容已观察 { $is } 天，需 { $wanted } 天
lack-matches = 已命中 { $is } 条告警，需 { $wanted } 条
lack-held = 其中 { $count } 次命中会被搁置等待人工
lack-disputed = 响应人员认为其中 { $count } 次命中有误

## 员工看到的文字

reasons-title = 员工看到的文字
reasons-text = 被强制退出的员工会在钉钉客户端上以其语言看到以下文字之一。联系人取自 { $file }，事件 { $incident } 为示例，时间为当前时间 { $time }。
reasons-nav = 原因
reasons-none = 没有任何原因。
reasons-wording = 措辞版本 { $digest }，与审计记录一致。
reasons-length = { $is } / { $max }
reasons-zone = 时区 { $zone }

## 搁置的原因

hold-paused = 响应人员已暂停
hold-rule-off = 已没有规则按当初的计划要求执行
hold-assurance-too-low = 来源的可信级别低于规则要求
hold-unconfirmed-disable = 来源只出示了他人可能见过的密钥，停用须由人工确认
hold-protected-listed = 账号在受保护名单中
hold-protected-live = 钉钉显示该账号是管理员、老板或高管
hold-protected-group = 账号属于受保护的部门或角色
hold-protected-responder = 该账号属于事件响应人员
hold-protection-unknown = 无法确定该账号是否受保护
hold-not-enterprise-account = 该账号不是企业账号
hold-foreign-organization = 该账号属于其他组织
hold-rule-budget = 规则的限额已用尽
hold-source-budget = 来源的限额已用尽
hold-organization-budget = 组织的限额已用尽
hold-department-budget = 账号所在部门的限额已用尽
hold-departments-unknown = 部门设有限额，但无法确定账号属于哪个部门
hold-breaker-tripped = 短时间内要处置的账号过多，发送方可能有误
hold-dingtalk-id-changed = 钉钉号一年内已更改过，而钉钉每年只允许更改一次；批准后将跳过该步骤继续执行
hold-approval-wanted = 需要先获得批准
hold-halted = 处置人员已暂缓
hold-account-not-named = 告警在规则查找的位置没有给出账号
hold-account-ambiguous = 有多个账号符合该引用
hold-account-not-found = 没有账号符合该引用
hold-account-unresolvable = 无法查找此类引用
hold-directory-too-old = 只有通讯录索引能指明账号，但索引近期未更新
hold-operator-needed = 需要修正权限、凭据或地址名单
hold-quota-exhausted = 本月钉钉调用配额已用尽
hold-attempts-exhausted = 重试次数已用尽
hold-unverified = 无法核实执行结果
hold-changed-by-others = 账号停用后被他人启用；批准则照常继续，驳回则保持账号现状
hold-parked = 步骤因本系统自身的错误而失败，已搁置

## 筛选

nav-incidents = 事件
nav-trail = 审计记录
filter-text = 关键词
filter-account = 账号（任一名称）
filter-user-id = 用户 ID
filter-actor = 操作人
filter-rule = 规则 ID
filter-source = 来源
filter-outcome = 结果
filter-kind = 记录类型
filter-incident = 事件
filter-alert = 告警
filter-reason = 原因代码
filter-verdict = 判定
filter-step = 步骤
filter-version = 规则版本
filter-since = 起始
filter-until = 截止（不含）
filter-status = 状态
filter-any = 任意
filter-times = 时间写作 2026-11-22（即该日 UTC 零点）或 2026-11-22T08:00:00Z。
filter-further = 更多筛选
filter-search = 搜索
filter-clear = 清除
filter-next = 下一页
filter-sparse = 本页暂无结果；下一页将继续查找。
filter-wrong-form = 此地址无法识别为查询。
filter-wrong-unknown = 没有此名称的筛选项。
filter-wrong-value = “{ $name }”不能取所给的值。
filter-wrong-much = 筛选项或关键词过多，或其中一项过长。
filter-wrong-cursor = 此页属于另一次搜索，请重新搜索。
filter-wrong-choice = 有一个值不在可选范围内。

## 事件列表

incidents-title = 事件
incidents-found = 由新到旧
incidents-hint = 账号可用任一名称：email:a@example.com、mobile:+86-…、user_id:… 或其假名。本页地址即保存了此搜索。
standing-held = 等待人工决定
standing-under-way = 进行中
standing-contained = 已遏制
standing-closed = 已关闭
outcome-done = 全部完成
outcome-partly = 部分步骤已放弃
outcome-failed = 没有步骤成功
outcome-dismissed = 已驳回

## 单个事件

timeline-title = 经过
timeline-read-at = 账号读取于 { $time }。
why-title = 原因
why-matched = 命中 { $names }。
why-author = 作者：{ $name }。
why-file = { $file }：
why-same = 当前生效，与当时相同。
why-other = 当前生效，但此后已更改。
why-gone = 已不再生效。
why-values = 审计记录只含命中项的名称，不含可被删除的告警内容。
employee-title = 员工看到的消息
employee-code = 原因 { $code }。
employee-gone = 此原因已不存在，无法显示其文字。
employee-other = 措辞此后已更改，或由发送方自带：无法显示员工当时看到的文字。
employee-now = 现行措辞
employee-locale = 钉钉按员工客户端选择语言；审计记录中没有其选择。
employee-all = 所有语言
pack-title = 证据
pack-link = 证据包
pack-text = 包含此事件的全部记录及其证明，可不依赖本系统核验。您的下载会写入审计记录。

## 记录

column-time = 时间
column-record = 记录
column-happened = 经过
column-details = 详情
column-state = 状态
fact-actor = 操作人
fact-reason = 原因
fact-outcome = 结果
fact-step = 步骤
fact-attempt = 第几次
fact-user-id = 账号
fact-source = 来源
fact-alert = 告警
fact-rules = 规则
fact-incident = 事件
fact-class = 应答
fact-code = 代码
fact-http = HTTP 状态
fact-request = 请求 ID
class-token-refused = 访问令牌被拒绝
class-throttled = 按秒限流
class-throttled-minute = 按分钟限流
class-quota-exhausted = 本月配额已用完
class-address-blocked = 我方地址被封禁
class-operator-needed = 须由运维人员修复
class-busy = 钉钉繁忙或故障
class-permanent = 此调用不可能成功
class-not-sent = 未发送
class-unreachable = 钉钉不可用
class-unknown = 没有可理解的应答
class-not-in-effect = 应答成功但未生效
record-link = 记录 { $seq }
record-title = 记录 { $seq }
record-proof = 证明
record-proof-text = 请保留两个文件：配合日志公钥，可向任何人证明此记录在日志中。
record-file = 逐字节的原始记录
record-proof-file = 此记录在日志中的证明
record-leaf = 在日志中的哈希：{ $leaf }
record-json = 保存的内容
page-pruned = 已不再保留
page-pruned-text = 保留期已过。现存的第一条记录是 { $first }。
page-unsealed = 此内容刚刚写入，尚未封存。请一秒后再试。
page-busy = 现在无法提供，请几秒后再试。

## 审计记录

trail-title = 审计记录
trail-pages = 审计记录页面
trail-search = 搜索
trail-reports = 报告
trail-verify = 核验
trail-person = 个人数据
person-text = 按某人的任一名称查询保存了什么：数量、相关的其他名称，以及仍需要这些数据的事件。您的查询会记入审计记录，所查名称不会。
person-kind = 名称类型
person-value = 名称
person-only = 仅此名称，不含同一人的其他名称
person-find = 查询
person-no-name = 这不是该类型的名称。
person-kept = 保存的内容
person-records = 与其有关的记录
person-beside = 附有个人内容的记录
person-keys = 密钥
person-nothing = 这些名称下没有可读的内容：未曾保存，或已被清除。
person-names = 名称
told-asked = 您的查询
told-directory = 来自通讯录索引
told-identities = 来自身份映射表
told-trail = 来自审计记录
person-open = 以下事件仍需要这些数据，事件结束后才能清除。
person-hand-out = { $command } 可导出全部内容。
person-erase = 清除
person-erase-text = 密钥将被销毁，此后任何人都无法读取这些记录所附的内容：原始事件、姓名和文本。记录及其证明仍会保留。
person-confirm = 再次输入该名称
person-unconfirmed = 须按查询时的写法再次输入该名称。
person-erase-for-good = 永久清除
person-erased = { $count ->
   *[other] 已清除：{ $written } 条记录所附的内容此后无人可读。
}
kind-email = 邮箱地址
kind-user-id = 钉钉 userid
kind-mobile = 手机号
kind-job-number = 工号
kind-login-id = 登录名
kind-union-id = 钉钉 unionid
trail-hint = 记录类型可以 * 结尾，如 step.*；账号写作 email:a@example.com、mobile:+86-…、user_id:… 或其假名。本页地址即保存了此搜索。您的查阅会写入审计记录。
trail-found = 记录，由新到旧
export-title = 导出记录
export-text = 将一段时间内所有已封存的记录导出为一个文件。您的导出会写入审计记录。
export-format = 格式
export-jsonl = JSON Lines，逐字节
export-csv = CSV，用于表格软件
export-ocsf = OCSF，用于 SIEM
export-button = 下载
reports-text = 每份报告由一段时间的记录得出，相同的记录得出相同的报告。您的查阅会写入审计记录。
reports-show = 显示
reports-take = 下载为 CSV
reports-between = 自 { $since } 至 { $until }。
reports-since = 自 { $since } 起。
reports-until = 至 { $until }。
reports-all = 全部时间。
reports-rows = { $count ->
   *[other] 共 { $written } 行。
}
reports-cut = 记录数超过一份报告所能查看的数量，最早的已略去。请选择较短的时间。
reports-columns = 各列含义
yes = 是
no = 否

## 核验

column-anchor = 锚点
column-kept = 已保存的记录数
column-when = 时间
verify-current = 日志已签名，且没有锚点与之矛盾。
verify-kept = 日志已签名，检查点也保存在别处；但这些锚点都不作比对：日志若被改写，须有人比对才能发现。
verify-against = 最近一次签名于 { $time }，覆盖 { $size } 条记录；已接收检查点的锚点：{ $anchors }。
verify-late = 日志已签名，但有锚点已有一段时间未收到检查点。
verify-none = 日志已签名，但检查点未在别处保存：控制服务器者可不被察觉地重写日志。
verify-not-sealing = 近期没有签署检查点。
verify-contradicted = 有锚点表明日志被截断或重写。
verify-broken = 已签名的内容与审计记录不符。
verify-checkpoint = 最新检查点
verify-sealed = 签署于 { $time }，涵盖 { $size } 条记录。
verify-unsealed = { $count ->
    [0] 所有记录均已涵盖。
   *[other] 另有 { $written } 条较新的记录尚未涵盖。
}
verify-no-checkpoint = 没有检查点。
verify-anchors = 锚点
verify-anchors-text = 锚点将检查点保存在重写日志者无法触及之处。见证方会拒绝与其已知检查点不相衔接的检查点，审计记录落后于锚点文件时程序不会启动；程序日志和 webhook 只保存收到的内容，不作比对。
verify-nothing-kept = 启动以来没有
verify-ago = { $time }前
verify-agrees = 已接收最近一个
verify-is-late = 已有一段时间未收到
verify-not-taken = 未接收最近一个，将重试：
verify-contradicts = 不一致：
verify-yourself = 自行核验
verify-why = 本页是服务器的一面之词。您不必采信：日志采用公开格式，可用他人的程序核验。
verify-step-copy = 请人将日志目录复制到您的机器上。其中有记录、哈希树和已签名的检查点，不含告警正文。
verify-step-key = 日志公钥请取自其公布之处，或使用事先交给您的。与日志放在一起的公钥可能是任何人的。
verify-step-kept = 从锚点取一个较早的检查点。只有它能揭示被重写并重新签名的日志。
verify-step-ours = 使用 Portcullis，只需该目录和公钥：
verify-step-others = 不使用 Portcullis：用 Go 的 golang.org/x/mod/sumdb 和 PyPI 的 pymerkle。两个小程序在 Portcullis 源码的 tests/verifiers 下。
verify-step-one = 对于单条记录，其页面上的文件加上公钥即可：
verify-not-shown = Portcullis 会指出第一条不符的记录、哈希块或检查点；其他程序以错误结束。告警从未到达，或控制机器者在发生时写入虚假内容，均无法由此揭示。

## 记录的类型

event-account-resolved = 已找到账号
event-account-unresolved = 未找到账号
event-account-warned = 账号有警示
event-alert-admitted = 已接收告警
event-approval-lapsed = 无人及时批准
event-breaker-released = 熔断器已解除
event-breaker-tripped = 熔断器已触发
event-budget-drawn = 事件占用了预算
event-containment-expired = 遏制时间已到
event-deliveries-refused = 投递被拒绝
event-delivery-conflict = 已知 ID 的内容不同
event-delivery-not-understood = 投递无法理解
event-directory-synced = 已读取组织
event-doctor-checked = 已检查运行状况
event-incident-approved = 事件已批准
event-incident-closed = 事件已关闭
event-incident-dismissed = 事件已驳回
event-incident-held = 事件等待人工决定
event-incident-halted = 事件被处置人员暂缓
event-containment-extended = 账号停用时间被延长
event-incident-released = 账号被提前恢复
event-incident-requested = 人工发起事件
event-incidents-opened = 已立案
event-notice-accepted = 通知已被接收
event-notice-failed = 通知失败，将重发
event-notice-given-up = 通知已放弃
event-notice-owed = 有待发通知
event-notice-replayed = 通知重新发送
event-notice-sent = 通知已发送
event-notice-started = 正在发送通知
event-notice-withheld = 通知被扣留
event-notices-configured = 通知渠道已设置
event-personal-data-expired = 个人数据已过期
event-personal-data-read = 个人数据被查阅
event-release-offered = 被停用者现受保护
event-responder-paused = 处置已暂停
event-responder-resumed = 处置已恢复
event-rule-disputed = 规则的一次命中被质疑
event-rule-promoted = 规则获准处置
event-rules-listed = 已列出生效规则
event-rules-loaded = 规则已生效
event-rules-refused = 规则被拒绝
event-rules-watched = 规则开始或停止观察
event-source-stream = 发送方报告其流的状态
event-source-tried = 来源正在试用
event-step-disabled = 账号已停用
event-step-failed = 步骤失败，将重试
event-step-given-up = 步骤已放弃
event-step-started = 步骤已开始
event-step-succeeded = 步骤成功
event-step-unknown = 步骤是否成功未知
event-step-verified = 步骤效果已核实
event-subject-erased = 个人数据已删除
event-subject-keys-rewrapped = 数据密钥换了主密钥
event-system-started = Portcullis 已启动
event-system-stopped = Portcullis 已停止
event-trail-disk-room = 审计记录磁盘空间有变化
event-trail-exported = 记录被导出
event-trail-key-rotated = 日志换了密钥
event-trail-pruned = 旧记录已清除
event-access-signed-in = 有人登录
event-access-signed-out = 有人退出登录
event-access-token-issued = 发放了令牌
event-access-token-revoked = 收回了令牌
event-trail-read = 审计记录被查阅
event-trail-rebuilt = 审计记录存储已重建
event-trail-restored = 审计记录自副本继续

## 报告

report-containments-without-approval = 此段时间内被停用而事先无人批准的账号，由旧到新
report-longest-containments = 此段时间内曾被停用的账号，时间最长的在前
report-held = 此段时间内开始等待人工决定的事项、原因及结果，由旧到新
report-rules-in-force = 此段时间内曾生效的规则集，由旧到新
report-rule-versions = 此段时间内每条规则生效的版本，由旧到新
report-changes = 此段时间内人员所作的更改或决定，由旧到新
report-containment-times = 此段时间内停用账号所用的时间，最慢的在前
means-at = 时间
means-record = 说明此事的记录
means-actor = 操作人；无则为空
means-what = 所作之事，即记录类型
means-of = 对象：事件、规则、来源、规则集、渠道或全部
means-reason = 原因
means-held-reason = 原因代码
means-contained-at = 读取账号并确认已停用的时间
means-incident = 事件
means-user-id = 账号
means-account = 告警所给名称的假名
means-source = 告警的发送方；人工发起时为空
means-assurance = 发送方证明自身的强度
means-rules = 要求处置的规则
means-rules-in-force-rules = 规则集的摘要，与每次判定上的相同
means-rule-versions-rules = 所属规则集的摘要
means-asked-by = 人工发起人；这不等于他人的批准
means-given-back-at = 读取账号并确认已恢复的时间
means-seconds = 账号停用的时长；仍停用时算到现在或要求的期限
means-enabled-by-others-at = 发现他人已恢复该账号的时间
means-held-at = 开始等待的时间
means-became = 结果：批准、驳回、解除、到期或逾期；仍在等待时为空
means-by = 决定人
means-rules-in-force-by = 加载的起因：启动、重新加载或更改
means-why = 决定人所说的原因
means-after-s = 等待的时长
means-from = 生效的起始时间
means-until = 生效的截止时间；仍生效时为空
means-count = 规则数量
means-commit = Git 所示的检出提交
means-signer = 签名密钥的指纹
means-ms = 从告警或发起到读取确认的毫秒数
means-received-at = 告警到达或人工发起的时间
means-waited = 其间是否等待过人工决定
means-rule = 规则 ID
means-version = 规则文件及其所依赖名单与过滤器的 SHA-256

## 规则、来源、设置
nav-rules = 规则
nav-sources = 来源
nav-settings = 设置
column-mode = 模式
column-hits = 匹配的告警
column-stands = 预算用量，或尚缺条件
column-alert = 告警
column-type = 类型
column-became = 处理结果
column-kind = 种类
column-assurance = 可信等级
column-last-alert = 最近告警
column-day = 24 小时内告警
column-refused = 被拒绝
column-of = 对象
column-hour = 每小时
column-day-budget = 每天
column-name = 名称
column-role = 角色
column-begins = 开头
column-used = 最近使用
mode-detect = 仅检测
mode-shadow = 观察（shadow）
mode-enforce = 执行（enforce）
rules-pages = 规则相关页面
rules-now = 生效中
rules-versions = 版本
rules-warnings = 规则目录中的疑点
budget-used = 一小时内 { $hour }/{ $perHour }，一天内 { $day }/{ $perDay }
shadow-seen = 以当前内容自 { $since } 起观察（{ $days } 整天）：匹配 { $matches } 条告警，本会处置 { $accounts } 个账号。
shadow-held = 其匹配中有 { $written } 条本会等待人工，其中：
shadow-disputed = 响应人员认为其匹配中有 { $written } 条有误：
chart-days = 每日匹配的告警：共 { $sum } 条，单日最多 { $most } 条
chart-title = 最近 24 小时
chart-alerts = 告警：{ $sum } 条，单小时最多 { $most } 条
chart-matched = 规则匹配的告警：{ $sum } 条，单小时最多 { $most } 条
chart-actions = 成功的步骤：{ $sum } 个，单小时最多 { $most } 个
chart-span = 每小时一条，首条自 { $first } 起，末条自 { $last } 起。
fact-rule-id = 标识
fact-file = 文件
fact-version = 版本
fact-behaviour = 行为摘要
fact-author = 作者
fact-level = 级别
fact-tags = 标签
fact-assurance = 要求的最低可信等级
fact-budget = 预算
fact-promoted = 批准其执行者
fact-secret = 密钥及其最近使用
fact-proved = 启动以来最近一次通过验证
fact-last-refused = 最近一次拒绝
fact-stream = 推送流
rules-backtest = 回测
backtest-text = 将文件夹中的当前规则（无论是否已生效）应用于最近几天的告警，看哪些结果会与当时不同。不会对任何人采取动作。读取这些告警会记入审计记录。
backtest-days = 回溯天数
backtest-begin = 开始回测
backtest-busy = 已有一次回测正在进行。
backtest-last = 最近一次
backtest-begun = 由 { $name } 于 { $time } 发起，回溯 { $days } 天。
backtest-under-way = 正在进行：已读取 { $percent } % 的记录。
backtest-look-again = 再看一次
backtest-failed = 未得出结果：无法读取或写入审计记录，详见日志。
backtest-refused = 无法加载文件夹中的规则：
backtest-rules = 规则集 { $set }，
backtest-in-force = 正在生效。
backtest-not-in-force = 尚未生效。
backtest-same = 所有结果都与当时相同。
backtest-otherwise = { $count ->
   *[other] { $written } 条告警的结果会有所不同。
}
backtest-alerts = 告警
backtest-changed = 结果不同
backtest-newly = 新增遏制的账号
backtest-no-longer = 不再遏制
backtest-both = 同样遏制
backtest-held = 待人工处理
backtest-by-rule = 按规则
backtest-changes = 会有哪些不同
backtest-somebody-else = 结果相同，但对象不同
backtest-erased = { $count ->
   *[other] { $written } 条告警未计入：其原始事件已被清除。
}
backtest-unknown-source = { $count ->
   *[other] { $written } 条告警未计入：其来源已不在配置中。
}
backtest-departments = { $count ->
   *[other] { $written } 次遏制未按部门预算判断：审计记录中没有账号所属部门。
}
backtest-names = { $command } 可向持有审计密钥者列出具体人员，并可与任意提交比较。
column-alerts = 告警
column-alerts-then = 当时告警
column-alerts-now = 现在告警
column-accounts-then = 当时账号
column-accounts-now = 现在账号
column-was = 当时
column-would-be = 现在
column-examples = 例如
rule-seeks = 匹配条件
rule-condition = 满足以下条件时匹配：{ $condition }。
rule-asks = 要求的处置
rule-for-good = 永久
rule-for = 持续 { $time }
rule-false-positives = 可能的误报
rule-references = 参考资料
rule-try = 试用规则
rule-try-text = 在规则目录中：第一条运行规则自带的测试；第二条说明若由这些规则判断过去，谁会被新处置；第三条逐项显示规则如何判断一个事件。
rule-tests = 规则自带的测试
rule-tests-text = 加载这些规则时已全部运行并通过；否则规则不会生效。
rule-no-tests = 没有。
versions-text = 曾生效的规则集，由新到旧，以及各自的变化。各版本的文本在规则仓库中，其摘要可证明一致。
versions-set = 规则集 { $set }
versions-by = 由 { $name } 加载
versions-same = 规则没有变化。
versions-added = 新增：{ $written }
versions-changed = 修改：{ $written }
versions-gone = 移除：{ $written }
versions-unlisted = 其中一条记录未列出规则，因此无法比较。
versions-first = 没有更早的规则集可供比较。
alerts-title = 最近的告警
alerts-nearest = 最接近的是 { $rule }：{ $tests } 项测试通过 { $passed } 项，未通过的是 { $field }：{ $why }
verdict-tried = 仅试用：当时正在试用该来源
verdict-unmatched = 没有规则匹配
verdict-counted = 由关联规则计数
verdict-shadow = 仅观察的规则匹配
verdict-suppressed = 已由先前的事件覆盖
verdict-held = 等待人工
verdict-planned = 已计划处置
sources-title = 来源
sources-text = 谁发送告警，以及各自的可信程度：A 最高。沉默的来源可能已被切断。
sources-strangers = 未以任何来源名义的拒绝
sources-add = 在服务器上添加来源：
sources-paused = 已暂停
sources-tripped = 熔断器已触发
sources-tried = 试用中：不执行任何处置
now-senders = { $count ->
   *[other] 已配置 { $written } 个来源。
}
now-refused = 被拒绝的请求
now-no-source = 未以任何来源名义
now-sources = 各来源的最近情况
now-silent = 24 小时内没有发送任何内容：{ $written } 个。
trial-title = 试用
trial-text = 在几分钟内，其投递会被验证并显示拒绝原因，但绝不执行处置。期间真实攻击也不会被处置。
trial-open = 在 { $until } 之前不执行任何处置。目前 { $count } 次投递。
trial-over = 已于 { $until } 结束，共 { $count } 次投递。
trial-minutes = 分钟数
trial-end = 立即结束
trial-try = 开始试用
trial-deliveries = 投递，由新到旧
trial-alerts = 由密钥 { $secret } 验证，含 { $count } 条告警
trial-handshake = 握手，已应答
trial-stream = 推送流消息：
trial-not-understood = 已验证但无法理解：
trial-refused = 已拒绝：
settings-title = 设置
settings-text = 对所有规则生效的内容写在 { $file } 中，在那里修改并经过审阅；审计记录说明何时哪个版本生效。
settings-protected = 受保护账号
settings-responders = { $count ->
   *[other] 此外，{ $written } 位有权限人员的账号绝不会被处置。
}
settings-departments = 下列部门（含下级部门）的成员同样不会被处置：
settings-roles = 具有下列角色的人员同样不会被处置：
settings-contact = 告知员工联系 { $contact }。
settings-budgets = 预算
settings-budgets-text = 在请求人工之前，已制定的处置计划与允许数量。
settings-used = { $spent }/{ $most }
settings-breaker-rule = 单条规则在 { $time } 内将处置超过 { $accounts } 个账号时，其熔断器触发。
settings-breaker-source = 单个来源在 { $time } 内超过 { $accounts } 个账号时触发。
settings-organization = 整个组织
settings-keys = 审计记录的密钥
settings-keys-text = 用它们验证检查点。请保存在我们无人能改动的地方。
settings-anchors = 审计记录的锚点，以及如何验证
tokens-title = 令牌
tokens-configured = 写在配置中
tokens-issue = 发放令牌
tokens-revoke = 收回令牌
tokens-account = 其本人账号（userid），如有
tokens-days = 有效天数
token-given = 已发放令牌
token-given-text = 这是 { $name } 的令牌，有效至 { $until }。仅显示这一次且不作保存：请立即复制。
token-bad-account = 这不是 userid。
token-bad-name = 令牌名称为 1 到 64 个可见字符，且不得为程序自用的名称。
token-name-taken = 已有同名令牌。
token-too-many = 令牌数量已达上限。
refused-bad-time = 时间已过，或超过允许范围。
role-auditor = 审计员：阅读审计记录
role-engineer = 工程师：维护规则与来源
role-responder = 响应人员：批准、解除、暂停
role-admin = 管理员：全部权限，含令牌与擦除
heading-account = 告警所给名称
heading-actor = 操作人
heading-after-s = 等待时长
heading-asked-by = 发起人
heading-assurance = 可信强度
heading-at = 时间
heading-became = 结果
heading-by = 由
heading-commit = 提交
heading-contained-at = 停用时间
heading-count = 规则数
heading-enabled-by-others-at = 他人恢复时间
heading-from = 起始
heading-given-back-at = 恢复时间
heading-held-at = 开始等待
heading-incident = 事件
heading-ms = 毫秒
heading-of = 对象
heading-reason = 原因
heading-received-at = 收到时间
heading-record = 记录
heading-rule = 规则
heading-rules = 规则
heading-seconds = 时长
heading-signer = 签名者
heading-source = 来源
heading-until = 截止
heading-user-id = 账号
heading-version = 版本
heading-waited = 曾等待
heading-what = 事项
heading-why = 理由
action-sign-out = 强制退出登录
action-disable = 停用账号
action-enable = 恢复账号
action-change-dingtalk-id = 更改钉钉号
action-notify = 通知
