//! Who does something on the machine itself, where nobody shows a token.

use super::output;

/// The longest name of whoever is logged in.
const LOGIN_CHARS_MAX: usize = 40;

/// Whoever is logged in, as far as the machine says so.
pub(super) fn name() -> String {
    let login = ["SUDO_USER", "USER", "LOGNAME"].into_iter().find_map(|name| std::env::var(name).ok());
    let login = login.filter(|login| !login.is_empty()).unwrap_or_else(|| "somebody".to_owned());
    let login: String = output::visible(&login).chars().take(LOGIN_CHARS_MAX).collect();
    format!("{login} on the machine")
}
