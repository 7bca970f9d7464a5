//! Every refusal DingTalk is known to give, with its code and its Chinese message.
//!
//! Codes and HTTP status are documented or were seen live. Messages marked "ours" are translations:
//! only the English documentation prints one. Clients branch on the code, never on the message.

/// A refusal of the new family: `{code, message, requestid}` under an HTTP status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NewRefusal {
    pub(super) status: u16,
    pub(super) code: &'static str,
    pub(super) message: &'static str,
    /// The permission that would have been needed, for `accessdenieddetail`.
    pub(super) required_scope: Option<&'static str>,
}

/// A refusal of the legacy family, inside HTTP 200.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LegacyRefusal {
    /// `{errcode, errmsg}`
    Plain(i64, &'static str),
    /// `errcode` 88 around a code that is text: everything the gateway in front refuses.
    Gateway(&'static str, &'static str),
}

const fn new(status: u16, code: &'static str, message: &'static str) -> NewRefusal {
    NewRefusal { status, code, message, required_scope: None }
}

// The gateway of the new family.
pub(super) const INVALID_AUTHENTICATION: NewRefusal = new(400, "InvalidAuthentication", "不合法的access_token");
pub(super) const MISSING_TOKEN: NewRefusal =
    new(400, "AuthenticationFailed.MissingParameter", "缺少参数：x-acs-dingtalk-access-token");
pub(super) const MISSING_BODY: NewRefusal = new(400, "Missingbody", "body is mandatory for this action.");
pub(super) const NOT_FOUND: NewRefusal =
    new(404, "InvalidAction.NotFound", "Specified api is not found, please check your url and method.");
pub(super) const THROTTLED: NewRefusal =
    new(403, "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi", "当前企业应用调用开放接口触发了QPS限流");
pub(super) const THROTTLED_MINUTE: NewRefusal =
    new(403, "Forbidden.AccessDenied.QpmLimitForAppkeyAndApi", "当前企业应用调用开放接口触发了QPM限流");
// Message: ours.
pub(super) const QUOTA_EXHAUSTED: NewRefusal =
    new(403, "Forbidden.AccessDenied.ApiCountLimitForOrg", "当前企业的接口调用量已达上限");
pub(super) const SYSTEM_BUSY: NewRefusal = new(500, "system.busy", "系统繁忙");

/// 403 with the permission that is missing.
pub(super) const fn permission_denied(scope: &'static str) -> NewRefusal {
    NewRefusal {
        status: 403,
        code: "Forbidden.AccessDenied.AccessTokenPermissionDenied",
        message: "没有调用该接口的权限，请先申请对应的权限点",
        required_scope: Some(scope),
    }
}

// Tokens.
pub(super) const INVALID_CLIENT_ID_OR_SECRET: NewRefusal =
    new(400, "invalidClientIdOrSecret", "无效的clientId或者clientSecret");
pub(super) const UNKNOWN_ERROR: NewRefusal = new(500, "unknownError", "未知错误");
pub(super) const INVALID_CLIENT: NewRefusal = new(400, "invalid.client", "无效的client_id或者client_secret");
pub(super) const UNSUPPORTED_GRANT_TYPE: NewRefusal = new(400, "unsupported.grant.type", "不支持的grant_type");
pub(super) const UNAUTHORIZED_CLIENT: NewRefusal = new(401, "unauthorized.client", "应用未被授权");

// Enterprise Accounts.
pub(super) const INVALID_PARAM: NewRefusal = new(400, "invalid.param", "无效参数");
pub(super) const USER_NOT_EXIST: NewRefusal = new(400, "user.not.exist", "用户不存在");
pub(super) const EXCLUSIVE_ACCOUNT_ONLY: NewRefusal =
    new(400, "exclusive.account.only", "只能操作归属该组织的专属账号");

// Owned organizations. Messages: ours.
pub(super) const EXCLUSIVE_ACCOUNT_LIMIT: NewRefusal =
    new(400, "exclusive.account.limit", "只能查询归属该组织的专属账号");
pub(super) const EMPLOYEE_NOT_EXIST: NewRefusal = new(400, "employee.not.exist", "员工不存在");

// Search for a name.
pub(super) const PARAMETER_ERROR: NewRefusal = new(400, "parameter.error", "parameter error");

// Change of the DingTalk ID. Messages: ours.
pub(super) const INCORRECT_FORMAT: NewRefusal = new(400, "incorrect.format", "钉钉号格式不正确，请重新输入");
pub(super) const INCORRECT_LENGTH: NewRefusal = new(400, "incorrect.length", "钉钉号格式不正确，请重新输入");
pub(super) const INCORRECT_RESERVED: NewRefusal = new(400, "incorrect.reserved", "钉钉号已被占用，请重新输入");
pub(super) const HAVE_BEEN_SET: NewRefusal = new(400, "have.been.set", "你已经设置过钉钉号，无法修改");
pub(super) const EMP_NOT_EXIST: NewRefusal = new(400, "emp.not.exist", "员工不存在");
pub(super) const INTERNAL_ACCOUNT_LIMIT: NewRefusal =
    new(400, "internalenterpriseaccount.limit", "只能操作归属该组织的企业账号");

// The gateway of the legacy family.
pub(super) const LEGACY_INVALID_TOKEN: LegacyRefusal = LegacyRefusal::Gateway("40014", "不合法的access_token");
pub(super) const LEGACY_BLANK_TOKEN: LegacyRefusal = LegacyRefusal::Gateway("40000", "access_token is blank");
pub(super) const LEGACY_THROTTLED: LegacyRefusal =
    LegacyRefusal::Gateway("90018", "您的应用调用该接口的频率过高，请降低调用频率");
// The documentation names no legacy code for the limit per minute; 90005 is one of the codes for "wait".
pub(super) const LEGACY_THROTTLED_MINUTE: LegacyRefusal =
    LegacyRefusal::Gateway("90005", "您的企业调用该接口的频率过高，请稍后再试");
pub(super) const LEGACY_QUOTA_EXHAUSTED: LegacyRefusal =
    LegacyRefusal::Gateway("90020", "当前企业的接口调用量已达上限");
pub(super) const LEGACY_PERMISSION_DENIED: LegacyRefusal = LegacyRefusal::Gateway("60011", "没有调用该接口的权限");
pub(super) const LEGACY_BUSY: LegacyRefusal = LegacyRefusal::Plain(-1, "系统繁忙");
pub(super) const LEGACY_POST_NEEDED: LegacyRefusal = LegacyRefusal::Plain(43002, "需要POST请求");

// Legacy look-ups.
pub(super) const LEGACY_INVALID_PARAMETER: LegacyRefusal = LegacyRefusal::Plain(400_002, "无效的参数");
pub(super) const LEGACY_IMPROPER_VALUE: LegacyRefusal = LegacyRefusal::Plain(40035, "不合法的参数");
pub(super) const LEGACY_INVALID_MOBILE: LegacyRefusal = LegacyRefusal::Plain(40104, "无效的手机号码");
pub(super) const LEGACY_USER_NOT_FOUND: LegacyRefusal = LegacyRefusal::Plain(60121, "找不到该用户");
pub(super) const LEGACY_USER_ID_INVALID: LegacyRefusal = LegacyRefusal::Plain(33012, "无效的USERID");
pub(super) const LEGACY_ROLE_NOT_FOUND: LegacyRefusal = LegacyRefusal::Plain(33011, "无效的角色id");
pub(super) const LEGACY_IMPROPER_OFFSET: LegacyRefusal = LegacyRefusal::Plain(40068, "不合法的偏移量");
pub(super) const LEGACY_IMPROPER_SIZE: LegacyRefusal = LegacyRefusal::Plain(40069, "不合法的分页大小");
pub(super) const LEGACY_DEPARTMENT_NOT_FOUND: LegacyRefusal = LegacyRefusal::Plain(60003, "部门不存在");
