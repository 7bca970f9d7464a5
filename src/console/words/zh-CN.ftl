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
page-back = 返回

## 未执行的原因

refused-no-reason = 原因须有实际内容，不超过 500 个字符，且为单行。
refused-unknown = 没有这样的事件、来源、规则或已触发的熔断器。
refused-wrong-state = 事件的当前状态不允许此操作。页面加载后状态可能已改变。
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
column-days = 天数
column-matches = 命中次数
column-accounts = 账号数
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
rules-reasons = 员工看到的文字（全部语言）。
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
